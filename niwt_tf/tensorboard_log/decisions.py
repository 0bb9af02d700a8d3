# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read explained predictions for TensorBoard: a picture with its maps, and the reasons beside it."""

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
    """An explained prediction.

    Attributes:
      tag: Name in TensorBoard's list.
      image: `[H,W,3]` uint8 picture, RGB.
      about: Label, prediction and reasons, in Markdown.
    """

    tag: str
    image: np.ndarray
    about: str


def read(folder: Path) -> Iterator[Decision]:
    """Read the explained predictions in `folder`, which the stage `explain` wrote, one by one."""
    for number, one in enumerate(json_files.read(folder / "decisions.json") or []):
        with Image.open(folder / one["picture"]) as opened:
            image = np.asarray(opened.convert("RGB"))
        kind = f"{'right' if one['right'] else 'wrong'}_{'unseen' if one['unseen'] else 'seen'}"
        about = f"{one['label']}, predicted {one['prediction']}. {one['words']}"
        yield Decision(f"decisions_{kind}/{number:03d}", image, texts.escaped(about))
