# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the p-values by permutation of classes: by hand, against all permutations, and where nothing is there."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from niwt_tf.explain import permutation


def test_p_values_are_those_of_all_permutations() -> None:
    rng = np.random.default_rng(0)
    scores, has = rng.normal(size=(4, 6)), np.array([[1, 0], [1, 1], [1, 0], [0, 1], [0, 0], [0, 0]], bool)
    unit = (has - has.mean(0)) / np.linalg.norm(has - has.mean(0), axis=0)
    of_all = np.array([(scores @ unit[list(order)]).max(1) for order in itertools.permutations(range(6))])
    expected = (of_all >= (scores @ unit).max(1) - 1e-9).mean(0)
    # A neuron stops at its tenth match, so a p-value is known to about a third of itself.
    np.testing.assert_allclose(permutation.p_values(scores, has), expected, rtol=0.75, atol=0.002)


def test_a_perfect_neuron_has_the_smallest_p_value() -> None:
    has = np.random.default_rng(0).random((30, 8)) < 0.5
    scores = np.stack([has[:, 3], np.ones(30), ~has[:, 3]]).astype(float)
    perfect, dead, against = permutation.p_values(scores, has, permutations=99)
    assert perfect == pytest.approx(1 / 100)
    assert dead == 1.0 and against > 0.05


def test_of_neurons_that_follow_nothing_a_twentieth_has_a_p_value_below_a_twentieth() -> None:
    rng = np.random.default_rng(0)
    p = permutation.p_values(rng.normal(size=(2000, 25)), rng.random((25, 12)) < 0.4)
    for share in (0.01, 0.05, 0.3):
        assert (p <= share).mean() == pytest.approx(share, abs=4 * np.sqrt(share / 2000))


def test_tied_ranks_are_tested_exactly() -> None:
    """A neuron that is silent for most classes is no more often taken for one that follows a feature."""
    rng = np.random.default_rng(0)
    silent = np.where(rng.random((2000, 25)) < 0.8, 0, rng.random((2000, 25)))
    p = permutation.p_values(silent, rng.random((25, 12)) < 0.4)
    assert (p <= 0.05).mean() < 0.05 + 4 * np.sqrt(0.05 / 2000)


def test_numbers_do_not_depend_on_other_neurons() -> None:
    rng = np.random.default_rng(0)
    scores, has = rng.normal(size=(7, 20)), rng.random((20, 5)) < 0.5
    np.testing.assert_array_equal(permutation.p_values(scores, has)[:1], permutation.p_values(scores[:1], has))


def test_without_a_feature_there_is_nothing_to_follow() -> None:
    scores = np.random.default_rng(0).normal(size=(2, 9))
    assert permutation.p_values(scores, np.zeros((9, 0), bool)).tolist() == [1, 1]
    assert permutation.p_values(scores, np.ones((9, 2), bool)).tolist() == [1, 1]
