# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of discriminant analysis: by hand, against scikit-learn's, and what it must not depend on."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from sklearn import covariance, discriminant_analysis

from niwt_tf import errors
from niwt_tf.numerics import discriminant


def _features(images: int, size: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Returns features `[N,D]` float32 around their classes' means, of unequal spread, and labels `[N]`."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.tile(np.arange(classes), 2), rng.integers(0, classes, images - 2 * classes)])
    noise = rng.normal(size=(images, size)) * rng.uniform(0.2, 2, size)
    return (rng.normal(size=(classes, size))[labels] + noise).astype(np.float32), labels


def _centered(logits: np.ndarray) -> np.ndarray:
    return logits - logits.mean(1, keepdims=True)


def test_two_classes_on_a_line_by_hand() -> None:
    features = np.array([[0.0], [2.0], [6.0], [8.0]])  # means 1 and 7, variance 1 about them
    kernel, bias = discriminant.fit(features, np.array([0, 0, 1, 1]), 2, 0.5)
    np.testing.assert_allclose(kernel, [[-3, 3]])  # the means less 4, over the variance
    np.testing.assert_allclose(bias, np.log(0.5) + np.array([7.5, -16.5]))  # -((mean + 4) kernel) / 2
    assert kernel.dtype == bias.dtype == np.float32


@hypothesis.settings(deadline=None)
@hypothesis.given(
    images=st.integers(8, 60),
    size=st.integers(1, 40),
    classes=st.integers(2, 4),
    shrinkage=st.floats(0.05, 1.0),
    seed=st.integers(0, 9),
)
def test_logits_are_scikit_learns(images: int, size: int, classes: int, shrinkage: float, seed: int) -> None:
    features, labels = _features(images, size, classes, seed)
    twin = discriminant_analysis.LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)
    twin.fit(features.astype(np.float64), labels)
    kernel, bias = discriminant.fit(features, labels, classes, shrinkage)
    theirs = features @ twin.coef_.T + twin.intercept_
    if classes == 2:  # scikit-learn gives the difference of the two
        theirs = np.concatenate([0 * theirs, theirs], axis=1)
    np.testing.assert_allclose(
        _centered(features @ kernel + bias), _centered(theirs), rtol=1e-3, atol=1e-3 * np.abs(theirs).max()
    )


@pytest.mark.parametrize("size", [6, 30])  # fewer features than images, and more
def test_among_images_and_among_features_solve_the_same_equation(size: int) -> None:
    features, labels = _features(20, size, 3)
    right = np.random.default_rng(1).normal(size=(size, 3))
    deviations = features.astype(np.float64)
    covariance = deviations.T @ deviations / 20
    shrunk = 0.7 * covariance + 0.3 * np.trace(covariance) / size * np.eye(size)
    np.testing.assert_allclose(shrunk @ discriminant.solve(deviations, right, 0.3), right, atol=1e-9)


@pytest.mark.parametrize("size", [6, 30])
@pytest.mark.parametrize("shrinkage", [0.0, 0.3, 1.0])
def test_the_covariance_is_scikit_learns(size: int, shrinkage: float) -> None:
    deviations = _features(20, size, 3)[0].astype(np.float64)
    expected = covariance.shrunk_covariance(deviations.T @ deviations / 20, shrinkage)
    np.testing.assert_allclose(discriminant.covariance(deviations, shrinkage), expected, rtol=1e-9, atol=1e-9)


def test_class_means_by_hand() -> None:
    features = np.array([[1, 5], [2, 2], [3, 9], [4, 4]], np.float32)
    np.testing.assert_array_equal(discriminant.class_means(features, np.array([1, 0, 1, 0]), 2), [[3, 3], [2, 7]])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_class_means_of_any_precision(dtype: type) -> None:
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(200, 7)).astype(dtype), np.arange(200) % 3
    rng.shuffle(labels)
    sums = np.zeros((3, 7))
    np.add.at(sums, labels, features)
    means = discriminant.class_means(features, labels, 3)
    np.testing.assert_allclose(means, sums / np.bincount(labels)[:, None], rtol=1e-13)


@pytest.mark.parametrize(("scale", "shift"), [(1e-3, 0.0), (1e3, 0.0), (1.0, 50.0)])
def test_logits_know_no_scale_and_no_origin(scale: float, shift: float) -> None:
    features, labels = _features(40, 8, 4)
    moved = scale * features.astype(np.float64) + shift
    (kernel, bias), (their_kernel, their_bias) = (
        discriminant.fit(values, labels, 4, 0.3) for values in (features.astype(np.float64), moved)
    )
    np.testing.assert_allclose(
        _centered(moved @ their_kernel + their_bias), _centered(features @ kernel + bias), rtol=1e-3, atol=1e-2
    )


def test_features_that_tell_nothing_give_the_classes_shares() -> None:
    labels = np.array([0, 0, 0, 1])
    kernel, bias = discriminant.fit(np.ones((4, 3), np.float32), labels, 2, 0.3)
    np.testing.assert_allclose(kernel, 0)
    np.testing.assert_allclose(np.exp(bias), [0.75, 0.25], rtol=1e-6)


def test_features_that_are_no_numbers_are_an_error() -> None:
    features, labels = _features(20, 4, 3)
    features[7, 2] = np.nan
    with pytest.raises(errors.DivergedError) as caught:
        discriminant.fit(features, labels, 3, 0.3)
    assert str(caught.value) == (
        "`features` must be finite numbers. Received: some that are not, in fitting the new classifier. Check "
        "preprocessing and the network's weights."
    )
