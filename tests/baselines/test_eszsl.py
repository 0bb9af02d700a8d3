# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of ESZSL by hand, by the gradient of its objective, and with more numbers than classes."""

from __future__ import annotations

import numpy as np

from niwt_tf.baselines import eszsl, method

_SETTING = eszsl.Setting("length", 0.7, 0.3)


def test_two_images_of_two_classes_by_hand() -> None:
    """X = S = I and both penalties 1: (2 I)^-1 Y (2 I)^-1 with Y = [[1, -1], [-1, 1]]."""
    weights = eszsl.solve(np.eye(2), np.array([0, 1]), np.eye(2), eszsl.Setting("length", 1.0, 1.0))
    np.testing.assert_allclose(weights, [[0.25, -0.25], [-0.25, 0.25]])


def test_the_objective_has_no_gradient_at_the_solution() -> None:
    """It is |X V S^T - Y|^2 + gamma |V S^T|^2 + lambda |X V|^2 + gamma lambda |V|^2, images in the rows of X."""
    rng = np.random.default_rng(0)
    x, s, labels = rng.normal(size=(9, 4)), rng.normal(size=(3, 5)), np.arange(9) % 3
    y = 2.0 * np.eye(3)[labels] - 1
    v = eszsl.solve(x, labels, s, _SETTING)
    gradient = x.T @ (x @ v @ s.T - y) @ s + 0.7 * v @ s.T @ s + 0.3 * x.T @ x @ v + 0.7 * 0.3 * v
    np.testing.assert_allclose(gradient, 0, atol=1e-10)


def test_scores_are_the_closed_form_also_with_more_numbers_than_classes() -> None:
    """The basis of the space that the vectors span changes no score."""
    rng = np.random.default_rng(1)
    features, labels = rng.normal(size=(12, 4)).astype(np.float32), np.arange(12) % 3
    vectors = rng.normal(size=(5, 40)).astype(np.float32)
    problem = method.Problem(features, labels, vectors, 3)
    assert problem.directions.shape == (5, 5)
    x = features.astype(np.float64) / np.linalg.norm(features, axis=1, keepdims=True)
    s = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    y = 2.0 * np.eye(3)[labels] - 1
    left, right = np.linalg.inv(x.T @ x + 0.7 * np.eye(4)), np.linalg.inv(s[:3].T @ s[:3] + 0.3 * np.eye(40))
    expected = x @ left @ x.T @ y @ s[:3] @ right @ s.T
    np.testing.assert_allclose(eszsl.fit(problem, _SETTING)(features), expected, rtol=1e-4, atol=1e-5)
