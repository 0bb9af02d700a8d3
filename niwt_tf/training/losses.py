# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Loss of a classifier in training."""

from __future__ import annotations

import keras
import tensorflow as tf


def loss_and_accuracy(logits: tf.Tensor, labels: tf.Tensor, smoothing: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute the mean cross-entropy with smoothed labels, and the share of images classified correctly.

    Args:
      logits: Logits `[N,C]`.
      labels: Labels `[N]` int64.
      smoothing: Share of the label spread evenly over all classes, 0..1.
    """
    cross_entropy = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    loss = cross_entropy(tf.one_hot(labels, logits.shape[-1]), logits)
    hits = tf.reduce_mean(tf.cast(tf.argmax(logits, -1) == labels, tf.float32))
    return loss, hits
