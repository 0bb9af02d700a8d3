# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the relevance of attributes and words: a step by hand, and EM written out as Wipf and Rao have it."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.spatial import distance

from niwt_tf.method.domain_map import relevance as relevance_lib
from niwt_tf.numerics import discriminant

_SQUARE = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])  # four classes, two attributes


def _draw(classes: int, numbers: int, size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Returns domain vectors `[C,M]`, and prototypes `[C,D]` that the first two numbers drive, noise apart."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(classes, numbers)) + 2
    return inputs, inputs[:, :2] @ rng.normal(size=(2, size)) * 3 + 0.3 * rng.normal(size=(classes, size)) - 1


def _written_out(inputs: np.ndarray, prototypes: np.ndarray, steps: int) -> np.ndarray:
    """Returns the variances `[M]`, each column of the prototypes a problem of its own, in the inverse of M x M."""
    vectors, targets = (
        (rows - rows.mean(0)) / np.sqrt(((rows - rows.mean(0)) ** 2).sum(1).mean()) for rows in (inputs, prototypes)
    )
    # The prototypes' variance is brought to 1 a column, of which 0.3 is noise at first.
    targets = targets * np.sqrt(targets.shape[1])
    variances, noise = np.ones(inputs.shape[1]), 0.3
    for _ in range(steps):
        covariance = np.linalg.inv(vectors.T @ vectors / noise + np.diag(1 / variances))
        means = [covariance @ vectors.T @ column / noise for column in targets.T]
        missed = np.mean(
            [((column - vectors @ mean) ** 2).sum() for column, mean in zip(targets.T, means, strict=True)]
        )
        noise = (missed + noise * (1 - np.diag(covariance) / variances).sum()) / len(inputs)
        variances = np.mean(np.square(means), 0) + np.diag(covariance)
    return variances / variances.mean()


def test_a_step_by_hand() -> None:
    # In unit length both attributes have squares of 2 in all, and the first is 2 sqrt 2 along the prototypes: its
    # weight is 2 sqrt 2 / (2 + 0.3), that of the other 0, and 0.3 / 2.3 of the variance of both is left.
    variances = np.array([8 / 2.3**2 + 0.3 / 2.3, 0.3 / 2.3])
    relevance = relevance_lib.fit(_SQUARE, _SQUARE[:, :1], 1)
    np.testing.assert_allclose(relevance, variances / variances.mean(), rtol=1e-12)


def test_what_tells_nothing_of_the_looks_falls_to_nothing() -> None:
    prototypes = np.stack([3 * _SQUARE[:, 0] + 1, -_SQUARE[:, 0]], 1)
    first, later, last = (relevance_lib.fit(_SQUARE, prototypes, steps) for steps in (1, 10, 300))
    assert 1 < first[0] < later[0] < last[0] <= 2
    np.testing.assert_allclose(last, [2, 0], atol=1e-3)


def test_without_a_step_all_tell_the_same() -> None:
    np.testing.assert_array_equal(relevance_lib.fit(*_draw(7, 4, 3), 0), np.ones(4))


@pytest.mark.parametrize("steps", [1, 3, 20])
@pytest.mark.parametrize(("classes", "numbers", "size"), [(9, 5, 7), (6, 12, 20), (6, 3, 1)])
def test_steps_are_those_of_em_written_out(classes: int, numbers: int, size: int, steps: int) -> None:
    inputs, prototypes = _draw(classes, numbers, size)
    expected = _written_out(inputs, prototypes, steps)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(relevance_lib.fit(inputs, prototypes, steps), expected, rtol=1e-6, atol=1e-9)


def test_turned_moved_and_longer_looks_tell_the_same() -> None:
    inputs, prototypes = _draw(8, 6, 11)
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(11, 11)))
    relevance = relevance_lib.fit(inputs, prototypes, 15)
    np.testing.assert_allclose(relevance_lib.fit(inputs, 50 * prototypes @ turn + 9, 15), relevance, rtol=1e-6)
    np.testing.assert_allclose(relevance_lib.fit(7 * inputs - 3, prototypes, 15), relevance, rtol=1e-6)


@hypothesis.settings(deadline=None)
@hypothesis.given(
    classes=st.integers(2, 9),
    numbers=st.integers(1, 12),
    size=st.integers(1, 12),
    steps=st.integers(0, 60),
    is_binary=st.booleans(),
    seed=st.integers(0, 99),
)
def test_relevance_is_at_least_0_with_mean_1(
    classes: int, numbers: int, size: int, steps: int, is_binary: bool, seed: int
) -> None:
    inputs, prototypes = _draw(classes, numbers + 1, size, seed)
    relevance = relevance_lib.fit((inputs > 2).astype(np.float32) if is_binary else inputs, prototypes, steps)
    assert relevance.shape == (numbers + 1,)
    assert (relevance >= 0).all() and relevance.mean() == pytest.approx(1)


def test_vectors_or_looks_that_are_all_alike_leave_finite_numbers() -> None:
    inputs, prototypes = _draw(5, 4, 3)
    np.testing.assert_allclose(relevance_lib.fit(np.ones((5, 4)), prototypes, 10), 1)
    alike = relevance_lib.fit(inputs, np.ones((5, 3)), 10)
    assert np.isfinite(alike).all() and alike.mean() == pytest.approx(1)


@pytest.mark.parametrize("steps", [1, 10, 100, 3000])
@pytest.mark.parametrize("classes", [1, 2, 3])
def test_so_few_classes_that_the_map_explains_all_leave_an_inverse(classes: int, steps: int) -> None:
    relevance = relevance_lib.fit(*_draw(classes, 50, 20), steps)
    assert np.isfinite(relevance).all() and (relevance >= 0).all() and relevance.mean() == pytest.approx(1)
    if classes == 1:
        np.testing.assert_array_equal(relevance, 1)


@hypothesis.settings(deadline=None, max_examples=200)
@hypothesis.given(
    copies=st.lists(st.integers(0, 2), min_size=1, max_size=6),
    constant=st.lists(st.booleans(), min_size=1, max_size=8),
    same_prototypes=st.booleans(),
    one_number=st.booleans(),
    unit=st.sampled_from([1e-30, 1e-3, 1.0, 1e20]),
    dtype=st.sampled_from([np.float32, np.float64]),
    steps=st.sampled_from([1, 10, 100, 1000]),
)
def test_no_rank_or_number_of_classes_leaves_a_matrix_without_inverse(
    copies: list[int],
    constant: list[bool],
    same_prototypes: bool,
    one_number: bool,
    unit: float,
    dtype: type[np.floating],
    steps: int,
) -> None:
    """Class i has the vector number `copies[i]` of three, and its look or another; columns are constant or not."""
    rng, size = np.random.default_rng(0), 1 if one_number else 9
    vectors, prototypes = rng.normal(size=(3, len(constant))), rng.normal(size=(6, size))
    vectors[:, constant] = 0.1
    of_classes = prototypes[copies if same_prototypes else slice(len(copies))]
    relevance = relevance_lib.fit((unit * vectors[copies]).astype(dtype), unit * of_classes, steps)
    assert relevance.shape == (len(constant),)
    assert np.isfinite(relevance).all() and (relevance >= 0).all() and relevance.mean() == pytest.approx(1)


def test_looks_of_classes_with_one_image_each_are_finite() -> None:
    prototypes = relevance_lib.class_prototypes(np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([0, 1]), 2, 0.5)
    assert np.isfinite(prototypes).all()


def test_looks_by_hand() -> None:
    # Means 1 and 7, so -3 and 3 from their mean, and variance 4 about them.
    prototypes = relevance_lib.class_prototypes(np.array([[-1.0], [3.0], [5.0], [9.0]]), np.array([0, 0, 1, 1]), 2, 0.5)
    np.testing.assert_allclose(prototypes, [[-1.5], [1.5]])


@pytest.mark.parametrize("size", [4, 25])
def test_looks_lie_apart_by_the_distance_of_mahalanobis(size: int) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(20) % 5
    features = rng.normal(size=(5, size))[labels] + rng.normal(size=(20, size)) * rng.uniform(0.2, 2, size)
    prototypes = relevance_lib.class_prototypes(features.astype(np.float32), labels, 5, 0.3)
    means = np.stack([features[labels == label].mean(0) for label in range(5)])
    within = discriminant.covariance(features - means[labels], 0.3)
    np.testing.assert_allclose(prototypes.mean(0), 0, atol=1e-6)
    expected = distance.pdist(means, "mahalanobis", VI=np.linalg.inv(within))
    np.testing.assert_allclose(distance.pdist(prototypes), expected, rtol=1e-5)
