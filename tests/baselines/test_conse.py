# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of ConSE by hand: the mixture of vectors, and its classifier."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf.baselines import conse, method

_SEEN = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        (1, [1, 0]),
        (2, [0.5 / 0.8, 0.3 / 0.8]),
        (3, [0.5 + 0.2 * 0.6, 0.3 + 0.2 * 0.8]),
        (9, [0.5 + 0.2 * 0.6, 0.3 + 0.2 * 0.8]),
    ],
)
def test_mixtures_of_the_likeliest_classes_by_hand(top: int, expected: list[float]) -> None:
    np.testing.assert_allclose(conse.combine(np.array([[0.5, 0.3, 0.2]]), _SEEN, top), [expected])


def test_with_one_class_scores_are_cosines_to_its_vector() -> None:
    features, labels = np.array([[0.0], [4.0]], np.float32), np.array([0, 1])
    problem = method.Problem(features, labels, np.array([[2.0, 0.0], [0.0, 3.0], [3.0, 4.0]], np.float32), 2)
    scores = conse.fit(problem, conse.Setting(1, 1e-3))(features)
    np.testing.assert_allclose(scores, [[1, 0, 0.6], [0, 1, 0.8]], atol=1e-12)


def test_halfway_between_two_classes_both_vectors_count_the_same() -> None:
    features, labels = np.array([[0.0], [4.0]], np.float32), np.array([0, 1])
    problem = method.Problem(features, labels, np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], np.float32), 2)
    scores = conse.fit(problem, conse.Setting(2, 1e-3))(np.array([[2.0]], np.float32))
    np.testing.assert_allclose(scores, [[np.sqrt(0.5), np.sqrt(0.5), 1]], atol=1e-4)
