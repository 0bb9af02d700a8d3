# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of which classes are taken for which, by hand."""

from __future__ import annotations

import numpy as np

from niwt_tf.evaluation import confusion

# Class 0: 3 of 4 right. Class 1: all wrong. Class 2: no image. Class 3: all right.
_COUNTS = np.array([[3, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0], [0, 0, 0, 5]])


def test_shares_are_of_the_true_class() -> None:
    assert confusion.shares(_COUNTS).tolist() == [[0.75, 0.25, 0, 0], [0, 0, 0.5, 0.5], [0, 0, 0, 0], [0, 0, 0, 1]]


def test_accuracy_of_a_class_without_images_is_none_at_all() -> None:
    np.testing.assert_array_equal(confusion.accuracies(_COUNTS), [0.75, 0, np.nan, 1])


def test_mistakes_are_ordered_by_share_and_never_right_or_empty() -> None:
    expected = [confusion.Mistake(1, 2, 1, 0.5), confusion.Mistake(1, 3, 1, 0.5), confusion.Mistake(0, 1, 1, 0.25)]
    assert confusion.mistakes(_COUNTS, 10) == expected
    assert confusion.mistakes(_COUNTS, 2) == expected[:2]
    assert confusion.mistakes(np.diag([2, 3]), 5) == []


def test_commonest_mistake_of_each_class() -> None:
    first, second, imageless, right = confusion.commonest(_COUNTS)
    assert (first, second) == (confusion.Mistake(0, 1, 1, 0.25), confusion.Mistake(1, 2, 1, 0.5))
    assert imageless is None and right is None
