# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the known classes' statistics: by hand, against discriminant analysis, and against leaving images out."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from niwt_tf.method.class_means import statistics as statistics_lib
from niwt_tf.numerics import discriminant


def _images(seed: int, counts: tuple[int, ...], size: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns features `[N,D]` of Gaussian classes of unequal spread, in mixed order, and labels `[N]`."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    noise = rng.normal(size=(len(labels), size)) @ rng.normal(size=(size, size))
    return 3 + 2 * rng.normal(size=(len(counts), size))[labels] + noise, labels


def _line() -> statistics_lib.ClassStatistics:
    """Returns two classes on a line: means 1 and 7, variance 1 about them, whatever the shrinkage."""
    return statistics_lib.fit(np.array([[0.0], [2.0], [6.0], [8.0]]), np.array([0, 0, 1, 1]), 2, 0.5)


def test_two_classes_on_a_line_by_hand() -> None:
    statistics = _line()
    np.testing.assert_allclose(statistics.center, [4])
    np.testing.assert_allclose(statistics.means, [[-3], [3]])
    np.testing.assert_allclose(statistics.deviations, [[-1], [1], [-1], [1]])
    np.testing.assert_allclose(statistics.white, [[-4], [-2], [2], [4]])
    np.testing.assert_allclose(statistics.whiten(np.array([[9.0]])), [[5]])
    assert (statistics.length, statistics.counts.tolist(), statistics.rows.tolist()) == (3, [2, 2], [0, 1, 2, 3])


def test_scores_by_hand() -> None:
    scored = statistics_lib.scores(np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[4.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_array_equal(scored, [[4 - 8, 3 - 1], [0 - 8, -1 - 1]])


def test_leaving_out_by_hand() -> None:
    # Without the image 8, its class lies at 6, and the variance falls from 1 by 1/2 * 1/4 * 2 to 3/4.
    left_out = _line().left_out_known[3]
    np.testing.assert_allclose(left_out, [(4 * -3 - 9 / 2) / 0.75, (4 * 2 - 4 / 2) / 0.75])


def test_noise_by_hand() -> None:
    assert _line().noise == pytest.approx(2**2 / 0.75)  # each image is 2 from the other of its class


def test_an_image_that_alone_spans_a_direction_counts_a_hundredfold_at_most() -> None:
    features = np.array([[0.0], [2.0], [9.0], [9.0]])  # whitened, a square of 2 from the mean, of a variance of 1/2
    statistics = statistics_lib.fit(features, np.array([0, 0, 1, 1]), 2, 1e-3)
    assert statistics.noise == pytest.approx((2 + 2) * 100 * 2**2 / 4)
    assert np.isfinite(statistics.left_out_known).all()


@pytest.mark.parametrize("shrinkage", [0.01, 0.3, 1.0])
def test_weights_are_those_of_discriminant_analysis_but_for_the_priors(shrinkage: float) -> None:
    features, labels = _images(0, (9, 4, 14, 1), 6)
    statistics = statistics_lib.fit(features, labels, 4, shrinkage)
    kernel, bias = statistics.weights(statistics.means)
    twin_kernel, twin_bias = discriminant.fit(features, labels, 4, shrinkage)
    np.testing.assert_allclose(kernel, twin_kernel, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(bias + np.log(statistics.counts / len(labels)), twin_bias, rtol=1e-4, atol=1e-4)


def test_weights_score_features_as_whitened_features_are_scored() -> None:
    features, labels = _images(1, (9, 4, 14), 6)
    statistics = statistics_lib.fit(features, labels, 3, 0.1)
    means = np.random.default_rng(2).normal(size=(5, 6))
    kernel, bias = statistics.weights(means)
    np.testing.assert_allclose(features @ kernel + bias, statistics_lib.scores(statistics.whiten(features), means))


def test_whitening_turns_the_covariance_into_the_identity() -> None:
    features, labels = _images(3, (9, 4, 14), 6)
    statistics = statistics_lib.fit(features, labels, 3, 1e-9)
    np.testing.assert_allclose(statistics.deviations.T @ statistics.deviations / 27, np.eye(6), atol=1e-6)
    np.testing.assert_allclose(statistics.white, statistics.whiten(features), atol=1e-9)


def _refitted(
    features: np.ndarray, labels: np.ndarray, row: int, shrinkage: float, coefficients: np.ndarray
) -> np.ndarray:
    """Scores an image by means and covariance of the others; ridge, divisor and center stay those of all images."""
    classes = coefficients.shape[1]
    all_means = discriminant.class_means(features, labels, classes)
    center, ridge = all_means.mean(0), shrinkage * np.mean((features - all_means[labels]) ** 2)
    others, own = np.delete(features, row, 0), np.delete(labels, row)
    means = discriminant.class_means(others, own, classes)
    squares = (others - means[own]).T @ (others - means[own])
    covariance = (1 - shrinkage) / len(labels) * squares + ridge * np.eye(len(squares))
    moved = coefficients @ means - center
    solved = np.linalg.solve(covariance, moved.T)
    return (features[row] - center) @ solved - (moved * solved.T).sum(1) / 2


@hypothesis.settings(deadline=None, max_examples=25)
@hypothesis.given(
    seed=st.integers(0, 999),
    counts=st.lists(st.integers(2, 7), min_size=1, max_size=4),
    size=st.integers(1, 8),
    shrinkage=st.floats(0.05, 1),
)
def test_leaving_out_in_closed_form_is_fitting_again(seed: int, counts: list[int], size: int, shrinkage: float) -> None:
    features, labels = _images(seed, tuple(counts), size)
    statistics = statistics_lib.fit(features, labels, len(counts), shrinkage)
    known = np.array([_refitted(features, labels, row, shrinkage, np.eye(len(counts))) for row in range(len(labels))])
    np.testing.assert_allclose(statistics.left_out_known, known, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("size", [3, 25])  # fewer features than images, and more
def test_means_that_are_sums_of_known_means_move_with_them(size: int) -> None:
    features, labels = _images(4, (5, 2, 9), size)
    coefficients = np.random.default_rng(5).normal(size=(4, 3))
    coefficients += (1 - coefficients.sum(1, keepdims=True)) / 3
    statistics = statistics_lib.fit(features, labels, 3, 0.2)
    new = np.array([_refitted(features, labels, row, 0.2, coefficients) for row in range(len(labels))])
    left_out = statistics.left_out_scores(coefficients @ statistics.means, coefficients)
    np.testing.assert_allclose(left_out, new, rtol=1e-8, atol=1e-8)


def test_means_that_do_not_depend_on_the_known_ones_stay() -> None:
    features, labels = _images(6, (5, 2, 9), 4)
    statistics = statistics_lib.fit(features, labels, 3, 1.0)  # so that the covariance stays, too
    means = np.random.default_rng(7).normal(size=(2, 4))
    left_out = statistics.left_out_scores(means, np.zeros((2, 3)))
    np.testing.assert_allclose(left_out, statistics_lib.scores(statistics.white, means))


def test_classes_of_one_image_are_not_left_out() -> None:
    features, labels = _images(8, (1, 3, 1, 4), 5)
    statistics = statistics_lib.fit(features, labels, 4, 0.2)
    np.testing.assert_array_equal(statistics.rows, np.flatnonzero((labels == 1) | (labels == 3)))
    np.testing.assert_array_equal(statistics.labels, labels[statistics.rows])
    np.testing.assert_allclose(statistics.white, statistics.whiten(features)[statistics.rows])
    row = int(statistics.rows[2])
    np.testing.assert_allclose(statistics.left_out_known[2], _refitted(features, labels, row, 0.2, np.eye(4)))


def test_if_each_class_has_one_image_the_noise_is_one() -> None:
    statistics = statistics_lib.fit(np.eye(3), np.arange(3), 3, 0.2)
    assert (statistics.noise, statistics.left_out_known.shape) == (1.0, (0, 3))


def test_more_images_than_most_are_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = _images(9, (30, 30), 3)
    everyone = statistics_lib.fit(features, labels, 2, 0.2)
    monkeypatch.setattr(statistics_lib, "_MOST_IMAGES", 10)
    thinned = statistics_lib.fit(features, labels, 2, 0.2)
    assert (thinned.rows[0], thinned.rows[-1], set(np.diff(thinned.rows))) == (0, 59, {6, 7})
    np.testing.assert_array_equal(thinned.counts, [30, 30])
    np.testing.assert_array_equal(thinned.means, everyone.means)
    np.testing.assert_allclose(thinned.left_out_known, everyone.left_out_known[thinned.rows])


@pytest.mark.parametrize(("images", "size"), [(40, 5), (6, 30)])
def test_noise_is_how_far_new_images_lie_from_the_mean_of_their_class(images: int, size: int) -> None:
    rng = np.random.default_rng(10)
    means, mixed = 2 * rng.normal(size=(10, size)), np.eye(size) + 0.2 * rng.normal(size=(size, size))
    labels = np.repeat(np.arange(10), images)
    statistics = statistics_lib.fit((means[labels] + rng.normal(size=(len(labels), size))) @ mixed, labels, 10, 0.05)
    later = np.repeat(np.arange(10), 200)
    white = statistics.whiten((means[later] + rng.normal(size=(2000, size))) @ mixed)
    assert statistics.noise == pytest.approx(np.mean((white - statistics.means[later]) ** 2), rel=0.1)
    assert statistics.noise > 1.05 * np.mean(statistics.deviations**2)
