# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Explained decisions as TensorBoard shows them: a picture with its maps, and the reasons beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from niwt_tf.tensorboard_log import texts
from niwt_tf.util import json_files


@dataclasses.dataclass(frozen=True)
class Decision:
    """A decision.

    Attributes:
      tag: what TensorBoard lists it under.
      image: `[H,W,3]` uint8, RGB.
      about: what it was and why, in Markdown.
    """

    tag: str
    image: np.ndarray
    about: str


def read(folder: Path) -> Iterator[Decision]:
    """Yields the decisions in `folder`, which the stage `explain` wrote."""
    for number, one in enumerate(json_files.read(folder / "decisions.json") or []):
        with Image.open(folder / one["picture"]) as opened:
            image = np.asarray(opened.convert("RGB"))
        kind = f"{'right' if one['right'] else 'wrong'}_{'unseen' if one['unseen'] else 'seen'}"
        about = f"{one['label']}, predicted {one['prediction']}. {one['words']}"
        yield Decision(f"decisions_{kind}/{number:03d}", image, texts.escaped(about))
