# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of SAE: by hand, and against SciPy's solution of Sylvester's equation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg

from niwt_tf.baselines import method, sae


def test_one_number_by_hand() -> None:
    """With x = 2, s = 1, lambda = 1: A = 1, B = 4 and C = 4, so W = 4 / 5."""
    np.testing.assert_allclose(sae.solve(np.array([[2.0]]), np.array([[1.0]]), 1.0), [[0.8]])


@pytest.mark.parametrize("lambda_", [0.1, 1.0, 50.0])
def test_weights_solve_sylvesters_equation(lambda_: float) -> None:
    rng = np.random.default_rng(0)
    x, s = rng.normal(size=(20, 6)), rng.normal(size=(20, 4))
    expected = linalg.solve_sylvester(s.T @ s, lambda_ * x.T @ x, (1 + lambda_) * s.T @ x)
    np.testing.assert_allclose(sae.solve(x, s, lambda_), expected, rtol=1e-8)


def test_the_equation_is_solved_with_few_images_and_classes() -> None:
    rng = np.random.default_rng(1)
    x, s = rng.normal(size=(3, 9)), rng.normal(size=(2, 5))[[0, 1, 1]]
    w = sae.solve(x, s, 0.5)
    np.testing.assert_allclose(s.T @ s @ w + w @ (0.5 * x.T @ x), 1.5 * s.T @ x, atol=1e-9)
    assert np.abs(w).max() < 100


def test_scores_are_cosines_in_either_space() -> None:
    features, labels = np.array([[1.0, 0.2], [0.3, 2.0], [0.9, 0.1]], np.float32), np.array([0, 1, 0])
    problem = method.Problem(features, labels, np.array([[1.0, 0], [0, 1], [1, 1]], np.float32), 2)
    units, s = features / np.linalg.norm(features, axis=1, keepdims=True), problem.directions
    w = sae.solve(units.astype(np.float64), s[labels], 1.0)
    for setting, images, classes in (
        (sae.Setting(1.0, "domain"), units @ w.T, s),
        (sae.Setting(1.0, "features"), units, s @ w),
    ):
        norms = np.linalg.norm(images, axis=1)[:, None] * np.linalg.norm(classes, axis=1)
        np.testing.assert_allclose(sae.fit(problem, setting)(features), images @ classes.T / norms, rtol=1e-5)
