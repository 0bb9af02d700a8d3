# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Resize images as `center_crop.fit` does, in operations that the converters for clients support.

ONNX, OpenVINO and LiteRT lack TensorFlow's operation for an antialiased resize. That resize is linear: a product with
one matrix along each side of the image, computed here from the image's size.
"""

from __future__ import annotations

import tensorflow as tf


def fit(images: tf.Tensor, size: int, count: int | None = None) -> tf.Tensor:
    """Resize the middle squares with antialiasing, equal to `center_crop.fit` up to rounding to whole numbers.

    Args:
      images: RGB images `[N,H,W,3]` uint8, of any size.
      size: Side of the result, in pixels.
      count: Number of images `N` if it is fixed, as LiteRT requires; None for any number.

    Returns:
      Images `[N,size,size,3]` uint8.
    """
    shape = tf.shape(images)
    number, side = count or shape[0], tf.minimum(shape[1], shape[2])
    top, left = (shape[1] - side) // 2, (shape[2] - side) // 2
    square = tf.cast(images[:, top : top + side, left : left + side], tf.float32)
    matrix = weights(side, size)[None]
    rows = tf.reshape(tf.matmul(matrix, tf.reshape(square, (number, side, side * 3))), (number, size, side, 3))
    turned = tf.reshape(tf.transpose(rows, (0, 2, 1, 3)), (number, side, size * 3))
    both = tf.reshape(tf.matmul(matrix, turned), (number, size, size, 3))
    return tf.ensure_shape(tf.cast(tf.round(tf.transpose(both, (0, 2, 1, 3))), tf.uint8), (count, size, size, 3))


def weights(side: tf.Tensor, size: int) -> tf.Tensor:
    """Compute the weight of each pixel of a side for each pixel of the result, `[size,side]` float32; rows sum to 1.

    Args:
      side: Side of the square, in pixels, a scalar int32.
      size: Side of the result, in pixels.
    """
    # In units of 1 / (2 * `size`) pixel all distances are whole numbers, so that rounding never decides a tie.
    length = tf.cast(side, tf.float32)
    pixels, centres = tf.range(length) * 2 + 1, tf.range(size, dtype=tf.float32) * 2 + 1
    distances = tf.abs(pixels * size - centres[:, None] * length)
    near = tf.nn.relu(2 * tf.maximum(length, size) - distances)
    total = tf.reduce_sum(near, axis=1, keepdims=True)
    shares = near / total
    return shares + (near - shares * total) / total  # corrects runtimes that multiply by the inverse
