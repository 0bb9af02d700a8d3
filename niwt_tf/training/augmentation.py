# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Random changes of training images that leave their class as it is; the same for the same seed."""

from __future__ import annotations

import tensorflow as tf

_MOST_SHIFT = 8  # the largest shift is the side over this


def flip(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns images `[N,H,W,3]`, each of which is mirrored left to right with a chance of a half."""
    flipped = tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], seed) < 0.5
    return tf.where(flipped, images[:, :, ::-1], images)


def shift(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns images `[N,H,W,3]`, each moved by up to an eighth of its side; what is moved in repeats the edge."""
    for axis in (1, 2):
        side = tf.shape(images)[axis]
        most = side // _MOST_SHIFT
        seed = tf.random.fold_in(seed, axis)
        moves = tf.random.stateless_uniform([tf.shape(images)[0], 1], seed, -most, most + 1, tf.int32)
        places = tf.clip_by_value(tf.range(side) + moves, 0, side - 1)
        images = tf.gather(images, places, axis=axis, batch_dims=1)
    return images
