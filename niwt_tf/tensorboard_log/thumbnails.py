# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load one small image of each class."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from niwt_tf.data import zero_shot

SIZE = 48  # pixels
_FRAME = 3  # pixels
_FRAME_COLOUR = (230, 120, 0)


def load(dataset: zero_shot.ZeroShotDataset) -> list[np.ndarray | None]:
    """Load one image `[S,S,3]` uint8 RGB of each class: its first training image.

    An unseen class has no training image. Its first test image is used instead, in an orange frame; this is safe
    because the run is over and nothing is chosen by it. The entry is None for a class without any of these images.
    """
    by_label = _first(dataset.train) | {label: _framed(image) for label, image in _first(dataset.test_unseen).items()}
    return [by_label.get(label) for label in range(len(dataset.class_names))]


def _first(split: zero_shot.Split) -> dict[int, np.ndarray]:
    """Load the first image of each label; only those are decoded."""
    keep = np.zeros(len(split), bool)
    keep[np.unique(split.labels, return_index=True)[1]] = True
    chosen = split.subset(keep, np.arange(split.labels.max(initial=-1) + 1))
    return {
        int(label): tf.cast(tf.image.resize(image, (SIZE, SIZE), antialias=True), tf.uint8).numpy()
        for images, labels in chosen.batches(1)
        for image, label in zip(images, labels, strict=True)
    }


def _framed(image: np.ndarray) -> np.ndarray:
    framed = np.empty_like(image)
    framed[:] = _FRAME_COLOUR
    inside = slice(_FRAME, -_FRAME)
    framed[inside, inside] = image[inside, inside]
    return framed
