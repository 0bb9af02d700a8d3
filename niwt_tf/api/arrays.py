# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A user's own arrays, checked, as the library takes its images; and a dataset's images as arrays."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.backbones import squares
from niwt_tf.data import zero_shot

_BATCH_SIZE = 256


def to_arrays(split: zero_shot.Split) -> tuple[np.ndarray, np.ndarray]:
    """Returns the images `[N,H,W,3]` uint8, RGB, and labels `[N]` int64 of a part of a dataset, all in memory.

    Args:
      split: such as `dataset.train`; its labels count `dataset.class_names`.
    """
    batches = [images.numpy() for images, _ in split.batches(_BATCH_SIZE)]
    empty = [] if batches else [np.zeros((0, 1, 1, 3), np.uint8)]
    return np.concatenate(batches + empty), np.asarray(split.labels, np.int64)


def as_split(images: np.ndarray, labels: np.ndarray, classes: int, size: int) -> zero_shot.Split:
    """Returns arrays as the library takes its images; nothing is copied, so that they may be mapped from disk.

    Args:
      images: `[N,H,W,3]` uint8, RGB; their middle squares are fitted to the size.
      labels: `[N]`, from 0 to `classes - 1`, each class at least once.
      classes: how many there are.
      size: the side of the images to give, in pixels.

    Raises:
      errors.UserError: if the arrays are of another kind, or a class has no image.
    """
    pictures, numbers = require_images(images), _require_labels(labels, len(images), classes)

    def decode(index: tf.Tensor) -> tf.Tensor:
        image = tf.ensure_shape(tf.numpy_function(pictures.__getitem__, [index], tf.uint8), pictures.shape[1:])
        return image if image.shape[:2] == (size, size) else squares.fit(image[None], size)[0]

    return zero_shot.Split(tf.data.Dataset.range(len(pictures)), numbers, decode)


def require_images(images: np.ndarray) -> np.ndarray:
    """Returns images as an array.

    Raises:
      errors.UserError: unless they are `[N,H,W,3]` uint8.
    """
    pictures = np.asarray(images)
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[-1] != 3:
        raise errors.UserError(
            "`images` must be [N,H,W,3] of type uint8, RGB in 0..255. Received: "
            f"{list(pictures.shape)} of type {pictures.dtype}. Numbers in 0..1 become such by "
            "(255 * images).round().astype('uint8'), one image by images[None]."
        )
    return pictures


def require_vectors(name: str, vectors: np.ndarray, rows: int, of: str) -> np.ndarray:
    """Returns vectors as an array of float32.

    Args:
      name: of the argument.
      vectors: `[rows,...]`.
      rows: how many there must be.
      of: what each row is of, such as `class`.

    Raises:
      errors.UserError: if they are no matrix of so many rows, or not all are finite numbers.
    """
    matrix = np.asarray(vectors, np.float32)
    if matrix.ndim != 2 or len(matrix) != rows:
        raise errors.UserError(
            f"`{name}` must have a row for each {of}, [{rows},...]. Received: {list(matrix.shape)}. Give the rows of "
            "all, in their order."
        )
    if not np.isfinite(matrix).all():
        raise errors.UserError(
            f"`{name}` must be finite numbers. Received: {np.sum(~np.isfinite(matrix)):,} of {matrix.size:,} that are "
            "not. Fill in what is missing."
        )
    return matrix


def _require_labels(labels: np.ndarray, images: int, classes: int) -> np.ndarray:
    numbers = np.asarray(labels)
    if numbers.shape != (images,) or not np.issubdtype(numbers.dtype, np.integer):
        raise errors.UserError(
            f"`labels` must be a whole number for each image, [{images}]. Received: {list(numbers.shape)} of type "
            f"{numbers.dtype}. Give the index of each image's class among the class names."
        )
    missing = sorted(set(range(classes)) - set(numbers.tolist()))
    outside = sorted(set(numbers.tolist()) - set(range(classes)))
    if missing or outside:
        wrong = f"{errors.listed(map(str, outside))}" if outside else f"no image of {errors.listed(map(str, missing))}"
        raise errors.UserError(
            f"`labels` must be from 0 to {classes - 1}, each class at least once. Received: {wrong}. Leave classes "
            "without an image out of the class names; they can be taught by words."
        )
    return numbers.astype(np.int64)
