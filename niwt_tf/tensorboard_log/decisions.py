# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read explained predictions for TensorBoard: a picture with its maps, and the reasons beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from niwt_tf.runs import run_files
from niwt_tf.util import clean


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
    """Read the explained predictions one by one from `folder`, the folder of the stage `explain`."""
    for number, record in enumerate(run_files.decisions(folder)):
        with Image.open(folder / record["picture"]) as opened:
            image = np.asarray(opened.convert("RGB"))
        kind = f"{'right' if record['right'] else 'wrong'}_{'unseen' if record['unseen'] else 'seen'}"
        about = f"{record['label']}, predicted as {record['prediction']}. {record['words']}"
        tag = f"decisions_{kind}/{number:03d} {clean.name(record['label'])}"
        yield Decision(tag, image, clean.markdown(about))
