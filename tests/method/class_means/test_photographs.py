# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of means from a few photographs: by hand, and by how near they come to true means."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from niwt_tf.method.class_means import photographs as photographs_lib
from niwt_tf.method.class_means import prediction as prediction_lib
from niwt_tf.method.class_means import statistics as statistics_lib

_DOUBT = photographs_lib.PriorDoubt(np.eye(1, 3), np.zeros((1, 3)), within=3.0, beyond=1.0, noise=1.0)
_VARIANCES = st.floats(1e-3, 1e3)


def _known(means: np.ndarray, counts: tuple[int, ...]) -> statistics_lib.ClassStatistics:
    """Returns statistics of white means, in order about their center, whose noise is 1."""
    size, none = means.shape[1], np.zeros(0, int)
    return statistics_lib.ClassStatistics(
        means.mean(0), np.eye(size), means - means.mean(0), np.zeros((0, size)), none, none, np.array(counts), 0.1
    )


@pytest.mark.parametrize(
    ("photographs", "mean"),
    [
        ([], [1, 0, 0]),
        ([[5, 2, 0]], [1 + 3 / 4 * 4, 1 / 2 * 2, 0]),
        ([[5, 2, 0], [5, 4, -6]], [1 + 6 / 7 * 4, 2 / 3 * 3, 2 / 3 * -3]),
    ],
)
def test_the_posterior_by_hand(photographs: list[list[float]], mean: list[float]) -> None:
    taken = np.array(photographs, float).reshape(-1, 3)
    np.testing.assert_allclose(_DOUBT.posterior(np.array([1.0, 0.0, 0.0]), taken), mean)


def test_the_basis_need_not_lie_along_the_axes() -> None:
    doubt = photographs_lib.PriorDoubt(np.array([[0.6, 0.8]]), np.zeros((1, 2)), within=3.0, beyond=1.0, noise=1.0)
    along, across = np.array([0.6, 0.8]), np.array([-0.8, 0.6])
    posterior = doubt.posterior(np.zeros(2), (4 * along + 2 * across)[None])
    np.testing.assert_allclose(posterior, 3 * along + 1 * across)


def test_a_class_that_plays_a_new_one_does_not_know_its_own_direction() -> None:
    basis, own = np.eye(2, 3), np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    doubt = photographs_lib.PriorDoubt(basis, own, within=3.0, beyond=1.0, noise=1.0)
    taken = np.array([[4.0, 4.0, 4.0]])
    np.testing.assert_allclose(doubt.posterior(np.zeros(3), taken), [3, 3, 2])
    np.testing.assert_allclose(doubt.posterior(np.zeros(3), taken, left_out=0), [3, 2, 2])
    np.testing.assert_allclose(doubt.posterior(np.zeros(3), taken, left_out=1), [3, 3, 2])


def test_errors_lose_the_direction_that_a_class_has_alone() -> None:
    own = np.array([[0.0, 0.6, 0.8], [0.0, 0.0, 0.0]])
    doubt = photographs_lib.PriorDoubt(np.eye(2, 3), own, within=3.0, beyond=1.0, noise=1.0)
    errors = np.array([[7.0, 3.0, 4.0], [7.0, 3.0, 4.0]])
    np.testing.assert_allclose(doubt.without_own(errors), [[7, 0, 0], [7, 3, 4]], atol=1e-12)


def test_many_photographs_leave_their_own_mean() -> None:
    taken = np.random.default_rng(0).normal(size=(100_000, 3)) + [5, -2, 1]
    np.testing.assert_allclose(_DOUBT.posterior(np.full(3, 9.0), taken), taken.mean(0), atol=1e-3)


def test_no_photographs_have_no_weight() -> None:
    assert _DOUBT.gains(0) == (0, 0)


@hypothesis.given(_VARIANCES, _VARIANCES, _VARIANCES, st.integers(1, 50))
def test_each_further_photograph_has_more_weight(within: float, beyond: float, noise: float, photographs: int) -> None:
    doubt = photographs_lib.PriorDoubt(np.eye(1, 3), np.zeros((1, 3)), within, beyond, noise)
    fewer, more = doubt.gains(photographs), doubt.gains(photographs + 1)
    assert all(0 < one < other < 1 for one, other in zip(fewer, more, strict=True))
    assert (fewer[0] > fewer[1]) == (within > beyond) or within == pytest.approx(beyond)


_TRIANGLE = np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
_SQUARE = np.array([[1.0, 1.0, 0.0], [1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [-1.0, -1.0, 0.0]])


@pytest.mark.parametrize(
    ("means", "squares"),
    [
        (_TRIANGLE, [2.4**2, 4**2, 3**2]),
        (_TRIANGLE[:, :2], [2.4**2, 4**2, 3**2]),
        (_TRIANGLE[:2], [16, 16]),
        (_SQUARE, [0, 0, 0, 0]),  # each lies in the plane of the others
        (_SQUARE[:, :2], [0, 0, 0, 0]),
        (np.array([[0.0], [1.0], [5.0]]), [0, 0, 0]),
        (np.concatenate([_SQUARE, [[0.5, 0.1, 7.0]]]), [0, 0, 0, 0, 49]),  # a pyramid
        (np.zeros((3, 2)), [0, 0, 0]),
    ],
)
def test_altitudes_by_hand(means: np.ndarray, squares: list[float]) -> None:
    _, normals, altitudes = photographs_lib._simplex(means - means.mean(0))
    for one, normal, altitude in zip(means, normals, altitudes, strict=True):
        distances = np.sort(np.abs((means - one) @ normal))
        np.testing.assert_allclose(distances[1:], np.sqrt(altitude), atol=1e-6)
        assert np.linalg.norm(normal) == pytest.approx(float(altitude > 1e-12))
    np.testing.assert_allclose(altitudes, squares, atol=1e-12)


def test_altitudes_are_what_regression_on_the_other_means_leaves() -> None:
    means = np.random.default_rng(1).normal(size=(9, 20)) * np.geomspace(1, 1e-3, 20)
    basis, _, altitudes = photographs_lib._simplex(means - means.mean(0))
    assert basis.shape == (8, 20)
    for one, altitude in enumerate(altitudes):
        others = np.delete(means, one, 0)
        plane = (others[1:] - others[0]).T
        rest = means[one] - others[0]
        rest -= plane @ np.linalg.lstsq(plane, rest, rcond=None)[0]
        assert altitude == pytest.approx(rest @ rest)


def _from_others(classes: int) -> np.ndarray:
    return (1 - np.eye(classes)) / (classes - 1)


def test_the_doubt_of_a_triangle_by_hand() -> None:
    # Each is predicted in the middle of the two others: squares of 6.25, 18.25 and 13 away, of which the altitudes lie
    # beyond the line through these, in two directions, and the rest along it.
    doubt = photographs_lib.fit(_known(_TRIANGLE, (2, 5, 10)), _from_others(3))
    own_noise = (1 / 2 + 1 / 5 + 1 / 10) / 3
    assert doubt.within == pytest.approx((0.49 + 2.25 + 4) / 3 - own_noise)
    assert doubt.beyond == pytest.approx((2.88 + 8 + 4.5) / 3 - own_noise)
    assert doubt.noise == 1
    np.testing.assert_allclose(doubt.basis.T @ doubt.basis, np.diag([1, 1, 0]), atol=1e-12)


def test_no_more_of_an_error_lies_beyond_than_there_is_by_hand() -> None:
    # The center of all is nearer to each corner than the line through the others: squares of 25/9, 73/9 and 52/9.
    doubt = photographs_lib.fit(_known(_TRIANGLE, (10, 10, 10)), np.zeros((3, 3)))
    assert doubt.beyond == pytest.approx((25 + 73 + 52) / 27 / 2 - 1 / 10)
    assert doubt.within == 1e-3


def test_with_more_classes_than_directions_all_doubt_lies_within() -> None:
    # Of a square, each corner is predicted a third beyond the center: a square of 32/9 away, in two directions.
    doubt = photographs_lib.fit(_known(_SQUARE[:, :2], (10, 10, 10, 10)), _from_others(4))
    assert doubt.within == pytest.approx(32 / 9 / 2 - 1 / 10)
    np.testing.assert_allclose(doubt.basis.T @ doubt.basis, np.eye(2), atol=1e-12)


def test_more_classes_leave_the_doubt_in_a_few_directions_as_it_is() -> None:
    rng = np.random.default_rng(2)
    for classes in (20, 200):
        statistics = _known(2 * rng.normal(size=(classes, 5)), (1000,) * classes)
        doubt = photographs_lib.fit(statistics, _from_others(classes))
        assert doubt.within == pytest.approx(4, rel=0.25)


def test_of_two_classes_no_prediction_tells_where_between_them_a_third_lies() -> None:
    doubt = photographs_lib.fit(_known(_TRIANGLE[:2], (4, 4)), _from_others(2))
    assert doubt.within == doubt.beyond == pytest.approx(16 / 3 - 1 / 4)


def test_a_prediction_without_error_is_hardly_doubted() -> None:
    corners = np.array([[0, 1, 1, -1], [1, 0, -1, 1], [1, -1, 0, 1], [-1, 1, 1, 0]])
    doubt = photographs_lib.fit(_known(_SQUARE, (9, 9, 9, 9)), corners)
    assert doubt.within == doubt.beyond == 1e-3


def test_images_without_noise_are_trusted() -> None:
    features = np.repeat(_SQUARE[:, :2], 2, axis=0)  # each class is one image twice
    statistics = statistics_lib.fit(features, np.repeat(np.arange(4), 2), 4, 0.1)
    doubt = photographs_lib.fit(statistics, _from_others(4))
    assert (doubt.noise, doubt.gains(1)) == (0, (1, 1))


@pytest.mark.parametrize("photographs", [1, 3])
def test_both_together_come_nearer_than_either(photographs: int) -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(60, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    means = 3 * vectors @ rng.normal(size=(4, 15)) + 0.5 * rng.normal(size=(60, 15))
    labels = np.repeat(np.arange(30), 20)
    statistics = statistics_lib.fit(means[labels] + rng.normal(size=(600, 15)), labels, 30, 0.05)
    prediction = prediction_lib.fit(vectors[:30], statistics.means)
    doubt = photographs_lib.fit(statistics, prediction.left_out)
    predicted = prediction.coefficients(vectors[30:]) @ statistics.means
    taken = [statistics.whiten(mean + rng.normal(size=(photographs, 15))) for mean in means[30:]]
    both = [doubt.posterior(prior, own) for prior, own in zip(predicted, taken, strict=True)]
    true = statistics.whiten(means[30:])
    own, described, combined = (
        np.mean((np.array(one) - true) ** 2) for one in ([one.mean(0) for one in taken], predicted, both)
    )
    assert combined < 0.95 * min(own, described)
