# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of DAP by hand: binary attributes, and the product of their probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf.baselines import dap, method


def test_a_class_has_the_attributes_above_the_mean_of_the_seen_classes() -> None:
    """Means 2, 5, 0.5 and 1; attributes that the seen classes have alike are left out."""
    vectors = np.array([[1.0, 5.0, 0.0, 1.0], [3.0, 5.0, 1.0, 1.0], [2.5, 9.0, 0.4, 0.0]])
    np.testing.assert_array_equal(dap.binary(vectors, 2), [[0, 0], [1, 1], [1, 0]])


def test_rounding_gives_no_class_an_attribute() -> None:
    vectors = np.array([[0.3, 1.0], [0.3 + 1e-8, 0.0], [0.3, 1.0]])
    np.testing.assert_array_equal(dap.binary(vectors, 3), [[1], [0], [1]])


def test_uninformative_features_give_all_classes_the_same_score() -> None:
    """The probability of an attribute is then its share of the seen classes: log 1 for each."""
    problem = method.Problem(
        np.ones((3, 2), np.float32), np.array([0, 1, 2]), np.array([[1.0, 0], [1, 1], [0, 0], [0, 1]], np.float32), 3
    )
    np.testing.assert_allclose(dap.fit(problem, dap.Setting(0.01))(np.ones((1, 2))), np.zeros((1, 4)), atol=1e-5)


def test_scores_are_log_probabilities_over_priors() -> None:
    """One attribute, which half of the seen classes have: log 2 p for those, log 2 (1 - p) for the others."""
    features = np.array([[0.0], [1.0]], np.float32)
    problem = method.Problem(features, np.array([0, 1]), np.array([[0.0], [1], [1], [0]], np.float32), 2)
    scores = dap.fit(problem, dap.Setting(0.01))(np.array([[0.8]], np.float32))[0]
    assert scores[1] == scores[2] > 0 > scores[0] == scores[3]
    assert np.exp(scores[0]) / 2 + np.exp(scores[1]) / 2 == pytest.approx(1)
