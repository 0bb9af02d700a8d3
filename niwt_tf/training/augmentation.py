# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Random changes of training images that do not change their class; the same seed gives the same changes."""

from __future__ import annotations

import tensorflow as tf

_SHIFT_DIVISOR = 8  # the largest shift is the side divided by this


def flip(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Mirror each of the images `[N,H,W,3]` left to right with probability 1/2."""
    flipped = tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], seed) < 0.5
    return tf.where(flipped, images[:, :, ::-1], images)


def shift(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Shift each of the images `[N,H,W,3]` by up to an eighth of each side; pixels at the edge are repeated."""
    for axis in (1, 2):
        side = tf.shape(images)[axis]
        most = side // _SHIFT_DIVISOR
        seed = tf.random.fold_in(seed, axis)
        shifts = tf.random.stateless_uniform([tf.shape(images)[0], 1], seed, -most, most + 1, tf.int32)
        indices = tf.clip_by_value(tf.range(side) + shifts, 0, side - 1)
        images = tf.gather(images, indices, axis=axis, batch_dims=1)
    return images
