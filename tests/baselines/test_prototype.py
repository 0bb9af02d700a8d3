# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of predicted class means: ridge regression by hand, and distances."""

from __future__ import annotations

import numpy as np

from niwt_tf.baselines import method, prototype

_SEEN = np.eye(2)
_MEANS = np.array([[4.0, 0.0], [0.0, 8.0]])  # their mean is 2, 4


def test_the_penalty_shrinks_predictions_to_the_mean() -> None:
    """The kernel of the seen is I: the deviation 2, -4 is halved by a penalty of 1."""
    setting = prototype.Setting("length", "linear", 1.0)
    np.testing.assert_allclose(prototype.predict(_SEEN, _MEANS, _SEEN[:1], setting), [[3, 2]])


def test_the_width_of_the_rbf_kernel_is_the_median_distance() -> None:
    """Two seen classes at a squared distance of 2: their kernel is e^-1."""
    setting = prototype.Setting("length", "rbf", 0.5)
    kernel = np.array([[1.0, np.exp(-1)], [np.exp(-1), 1.0]])
    new = np.array([[0.6, 0.8]])
    across = np.exp(-((new[:, None] - _SEEN) ** 2).sum(-1) / 2)
    expected = across @ np.linalg.solve(kernel + 0.5 * np.eye(2), _MEANS - [2, 4]) + [2, 4]
    np.testing.assert_allclose(prototype.predict(_SEEN, _MEANS, new, setting), expected)


def test_scores_are_negative_squared_distances_to_the_means_of_seen_images() -> None:
    features, labels = np.array([[3.0, 0.0], [5.0, 0.0], [0.0, 2.0]], np.float32), np.array([0, 0, 1])
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], np.float32)
    problem = method.Problem(features, labels, vectors, 2)
    scores = prototype.fit(problem, prototype.Setting("length", "linear", 1.0))(features)
    # At length 1 the means are [1, 0] and [0, 1]; the unseen class has the first one's vector: [0.75, 0.25].
    expected = [[0, -2, -0.125], [0, -2, -0.125], [-2, 0, -1.125]]
    np.testing.assert_allclose(scores, expected, atol=1e-6)
