# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of all accuracies together, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf.evaluation import gzsl, summary

# Two seen classes and two unseen; the last has no image in the second test.
_SEEN_LOGITS = np.array([[2.0, 0, 1, 0], [0, 3, 0, 2.5], [1, 0, 0, 0.8]])
_SEEN_LABELS = np.array([0, 1, 0])
_UNSEEN_LOGITS = np.array([[1.0, 0, 0.5, 0], [0, 0, 2, 0], [3, 0, 1, 0]])
_UNSEEN_LABELS = np.array([2, 2, 2])


def test_accuracies_by_hand() -> None:
    """Margins of seen images 1, 0.5 and 0.2, of unseen ones 0.5, -2 and 2; gamma 0.6 costs S 3/4 and gives U 1/3."""
    test = gzsl.GzslLogits(_SEEN_LOGITS, _SEEN_LABELS, _UNSEEN_LOGITS, _UNSEEN_LABELS, 2, imageless=[3])
    found = summary.summarize(test, 0.6)
    assert found == {
        "gamma": 0.6,
        "seen_accuracy": pytest.approx(0.25),
        "seen_accuracy_uncalibrated": 1.0,
        "unseen_accuracy": pytest.approx(2 / 3),
        "harmonic_mean": pytest.approx(2 * 0.25 * (2 / 3) / (0.25 + 2 / 3)),
        "unseen_accuracy_uncalibrated": pytest.approx(1 / 3),
        "harmonic_mean_uncalibrated": pytest.approx(0.5),
        "zsl_accuracy": pytest.approx(1.0),
        "ausuc": pytest.approx(1 / 3 + (0.75 + 0.25) / 2 / 3),
    }


def test_without_test_images_of_unseen_classes_their_accuracies_are_none() -> None:
    test = gzsl.GzslLogits(_SEEN_LOGITS, _SEEN_LABELS, np.zeros((0, 4)), np.zeros(0, int), 2, imageless=[2, 3])
    found = summary.summarize(test, 0.6)
    assert found["seen_accuracy"] == pytest.approx(0.25)
    assert {name for name, value in found.items() if value is None} == {
        "unseen_accuracy", "harmonic_mean", "unseen_accuracy_uncalibrated", "harmonic_mean_uncalibrated",
        "zsl_accuracy", "ausuc",
    }  # fmt: skip
