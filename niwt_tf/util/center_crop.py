# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Fit images of any size to a network's input: crop the middle square, and resize it."""

from __future__ import annotations

import tensorflow as tf


def fit(images: tf.Tensor, size: int) -> tf.Tensor:
    """Crop and resize images to their middle squares `[N,size,size,3]` uint8; images of that size stay unchanged.

    Shrinking averages, so that every pixel contributes.

    Args:
      images: Images `[N,H,W,3]` uint8.
      size: Side of the squares, in pixels.
    """
    shape = tf.shape(images)
    fits = tf.logical_and(tf.equal(shape[1], size), tf.equal(shape[2], size))
    fitted = tf.cond(fits, lambda: images, lambda: _resized(images, size))
    return tf.ensure_shape(fitted, (None, size, size, 3))


def _resized(images: tf.Tensor, size: int) -> tf.Tensor:
    shape = tf.shape(images)
    side = tf.minimum(shape[1], shape[2])
    top, left = (shape[1] - side) // 2, (shape[2] - side) // 2
    square = images[:, top : top + side, left : left + side]
    return tf.cast(tf.round(tf.image.resize(square, (size, size), antialias=True)), tf.uint8)
