# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the common part of ALE, DeViSE and SJE: one published step from zero, and many."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from niwt_tf.baselines import ale, devise, method, ranking, scaling, sje

# Images [1, 0] of class 0 and [0, 2] of class 1, and a third class.
_FEATURES = np.array([[1.0, 0.0], [0.0, 2.0]], np.float32)
_LABELS = np.array([0, 1])
_SEEN = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]], np.float32)
_ZERO = np.zeros((2, 2), np.float32)


def _gradient(pushes: list[list[float]]) -> np.ndarray:
    """Computes the mean over both images of x sum_c push_c (s_c - s_own)^T, written out."""
    first = sum(push * (_SEEN[c] - _SEEN[0]) for c, push in enumerate(pushes[0]))
    second = sum(push * (_SEEN[c] - _SEEN[1]) for c, push in enumerate(pushes[1]))
    return (np.outer(_FEATURES[0], first) + np.outer(_FEATURES[1], second)) / 2


@pytest.mark.parametrize(
    ("push", "pushes"),
    [
        (devise.push, [[0, 1, 1], [1, 0, 1]]),  # all that are within the margin
        (sje.push, [[0, 1, 0], [1, 0, 0]]),  # the first of equals
        (ale.push, [[0, 0.75, 0.75], [0.75, 0, 0.75]]),  # two within: (1 + 1/2) / 2
    ],
)
def test_the_gradient_from_zero_is_the_published_one(push: ranking.Push, pushes: list[list[float]]) -> None:
    gradient = ranking.gradient(_ZERO, _FEATURES, _LABELS, _SEEN, 1.0, push)
    np.testing.assert_allclose(gradient, _gradient(pushes), rtol=1e-6)


def test_by_hand_a_class_beyond_the_margin_does_not_count() -> None:
    """W = [[2, 0], [0, 0]] scores the first image 2, 0 and 1.2: only the third comes within 1; the second 0, 0, 0."""
    weights = np.array([[2.0, 0.0], [0.0, 0.0]], np.float32)
    gradient = ranking.gradient(weights, _FEATURES, _LABELS, _SEEN, 1.0, devise.push)
    np.testing.assert_allclose(gradient, _gradient([[0, 0, 1], [1, 0, 1]]), rtol=1e-6)
    np.testing.assert_allclose(gradient, [[-0.2, 0.4], [1.6, -1.2]], rtol=1e-6)


def test_one_batch_is_one_step() -> None:
    problem = method.Problem(_FEATURES, _LABELS, _SEEN, 2)  # of which the third is unseen now
    scores = ranking.fit(problem, ranking.Setting("length", 0.5, 1), 1.0, devise.push)
    units = np.eye(2, dtype=np.float32)  # the features at length 1
    weights = -0.5 * ranking.gradient(_ZERO, units, _LABELS, _SEEN[:2], 1.0, devise.push)
    np.testing.assert_allclose(scores(_FEATURES), weights @ _SEEN.T, rtol=1e-5)


@pytest.mark.parametrize("baseline", [ale, devise, sje])
def test_many_steps_separate_classes_by_the_margin(baseline: method.Method) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 4
    features = (4 * np.eye(4)[labels] + 0.1 * rng.normal(size=(40, 4))).astype(np.float32)
    problem = method.Problem(features, labels, np.eye(4, dtype=np.float32), 4)
    setting = ranking.Setting("length", 1.0, 80)
    scores = baseline.fit(problem, setting)(features)
    own = scores[np.arange(40), labels]
    others = np.where(np.eye(4, dtype=bool)[labels], -np.inf, scores).max(1)
    margin = 0.1 if baseline is devise else 1.0
    assert (own - others).min() > 0.9 * margin
    assert (own - others).max() < 4 * margin + 1  # at most one step beyond the margin


def test_pushes_by_hand() -> None:
    within = np.array([[0.0, 0.5, -1.0, 2.0, 0.1], [0.0, -1.0, -1.0, -0.5, -2.0]])
    np.testing.assert_array_equal(devise.push(within), [[0, 1, 0, 1, 1], [0, 0, 0, 0, 0]])
    np.testing.assert_array_equal(sje.push(within), [[0, 0, 0, 1, 0], [0, 0, 0, 0, 0]])
    third = (1 + 1 / 2 + 1 / 3) / 3
    np.testing.assert_allclose(ale.push(within), [[0, third, 0, third, third], [0, 0, 0, 0, 0]])


def test_only_the_ratio_of_learning_rate_and_margin_counts() -> None:
    """W for a margin of 0.1 at a tenth of the rate is a tenth of that for 1: so DeViSE has the same candidates."""
    problem = method.Problem(_FEATURES, _LABELS, _SEEN, 2)
    wide = ranking.fit(problem, ranking.Setting("length", 1.0, 5), 1.0, devise.push)(_FEATURES)
    narrow = ranking.fit(problem, ranking.Setting("length", 0.1, 5), 0.1, devise.push)(_FEATURES)
    np.testing.assert_allclose(narrow, wide / 10, rtol=1e-5)


def test_scores_do_not_depend_on_the_scale_of_the_features() -> None:
    rng = np.random.default_rng(0)
    features, labels = rng.uniform(size=(20, 3)).astype(np.float32), np.arange(20) % 3
    for way in scaling.WAYS:
        setting = ranking.Setting(way, 1.0, 3)
        first, second = (
            sje.fit(method.Problem(np.float32(factor) * features, labels, _SEEN, 3), setting)(
                np.float32(factor) * features
            )
            for factor in (1.0, 64.0)
        )
        np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-4)


def test_each_epoch_has_every_image_once_in_another_order() -> None:
    batches = list(itertools.islice(ranking._batches(70, 0), 6))
    assert [len(rows) for rows in batches] == [32, 32, 6, 32, 32, 6]
    first, second = np.concatenate(batches[:3]), np.concatenate(batches[3:])
    assert sorted(first) == sorted(second) == list(range(70))
    assert (first != second).any()
