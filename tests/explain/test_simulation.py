# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of simulated activations: by hand, and against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf.explain import simulation


def test_features_are_scaled_by_the_seen_classes() -> None:
    vectors = np.array([[1.0, 5.0], [3.0, 5.0], [5.0, 6.0]])
    np.testing.assert_allclose(simulation.scaled(vectors)[:, 0], [0, 0.5, 1])
    np.testing.assert_allclose(simulation.scaled(vectors, 2)[:, 0], [0, 1, 2])


def test_correlations_are_numpys() -> None:
    rng = np.random.default_rng(0)
    simulated, activations = rng.normal(size=(20, 3)), rng.normal(size=(20, 3)).astype(np.float32)
    expected = np.corrcoef(simulated.T, activations.T)[3:, :3]
    np.testing.assert_allclose(simulation.all_correlations(simulated, activations), expected, rtol=1e-5)
    np.testing.assert_allclose(simulation.correlations(simulated, activations), np.diag(expected), rtol=1e-5)
    assert np.isnan(simulation.correlations(np.ones((20, 3)), activations)).all()


def test_a_line_through_the_other_classes_predicts_a_held_out_one() -> None:
    values, fold_of = np.arange(6.0)[:, None], np.array([0, 1, 2, 0, 1, 2])
    means = np.stack([3 * values[:, 0] + 1, -values[:, 0], np.ones(6)], 1)
    chosen = np.zeros((3, 3), int)
    found = simulation.held_out_correlations(means, values, chosen, fold_of)
    np.testing.assert_allclose(found, [1, 1, 0], atol=1e-9)


def test_without_a_feature_the_mean_of_the_other_classes_is_predicted() -> None:
    means = np.array([[0.0], [1.0], [5.0]])
    found = simulation.held_out_correlations(means, np.zeros((3, 1)), np.full((3, 1), -1), np.arange(3))
    # The means of the others are 3, 2.5 and 0.5: the lower, the higher the class.
    assert found[0] == pytest.approx(-1)
