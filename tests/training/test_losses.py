# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what a training of a classifier minimises."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from niwt_tf.training import losses


def test_two_images_by_hand() -> None:
    # Logits (0, ln 3): shares 1/4 and 3/4. The first label is the second class, the second label the first.
    logits = tf.constant([[0.0, np.log(3.0)], [0.0, np.log(3.0)]], tf.float32)
    loss, accuracy = losses.loss_and_accuracy(logits, tf.constant([1, 0], tf.int64), 0.0)
    assert float(loss) == pytest.approx((np.log(4 / 3) + np.log(4)) / 2)
    assert float(accuracy) == 0.5


def test_smoothing_gives_a_share_of_the_label_to_all_classes() -> None:
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(6, 5)), rng.integers(0, 5, 6)
    targets = 0.8 * np.eye(5)[labels] + 0.2 / 5
    twin = -(targets * (logits - np.log(np.exp(logits).sum(1, keepdims=True)))).sum(1).mean()
    loss, accuracy = losses.loss_and_accuracy(tf.constant(logits, tf.float32), tf.constant(labels), 0.2)
    assert float(loss) == pytest.approx(twin, rel=1e-5)
    assert float(accuracy) == pytest.approx((logits.argmax(1) == labels).mean())
