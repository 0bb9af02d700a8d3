# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the map in closed form: by hand, and against scikit-learn's ridge regression."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn import linear_model

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.method.domain_map import domain_map, fit, ridge
from niwt_tf.method.domain_map import relevance as relevance_lib

_EVERYONE = np.zeros((1, 2), bool)
_RIDGE, _ARD = domain_map.MapFit("ridge"), domain_map.MapFit("ridge", 10)


@pytest.mark.parametrize(("penalty", "slope"), [(0.0, 2.0), (2.0, 1.0), (6.0, 0.5)])
def test_by_hand(penalty: float, slope: float) -> None:
    # Two classes at -1 and 1, whose importances are 3 -+ 2: the slope is 4 / (2 + penalty) about a mean of 3.
    inputs, means = np.array([[-1.0], [1.0]]), np.array([[1.0, 5.0], [5.0, 1.0]])
    kernels, biases = ridge.fit(inputs, means, _EVERYONE, penalty)
    np.testing.assert_allclose(kernels, [[[slope, -slope]]], atol=1e-12)
    np.testing.assert_allclose(biases, [[3, 3]], atol=1e-12)


def test_the_mean_is_free_of_the_penalty() -> None:
    inputs, means = np.array([[4.0], [6.0]]), np.array([[1.0], [5.0]])
    kernels, biases = ridge.fit(inputs, means, _EVERYONE, 1e9)
    assert 5 * kernels[0, 0, 0] + biases[0, 0] == pytest.approx(3)
    assert kernels[0, 0, 0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("classes", "features"), [(12, 5), (8, 30)])
@pytest.mark.parametrize("penalty", [0.1, 3.0])
def test_it_is_ridge_regression_over_the_classes_that_have_a_say(classes: int, features: int, penalty: float) -> None:
    rng = np.random.default_rng(0)
    inputs, means = rng.normal(size=(classes, features)), rng.normal(size=(classes, 7))
    held_out = np.arange(classes) % 3 == np.arange(3)[:, None]
    kernels, biases = ridge.fit(inputs, means, held_out, penalty)
    assert kernels.shape == (3, features, 7) and biases.shape == (3, 7)
    alpha = penalty * inputs.var(0).sum()  # the mean square length of all classes, from their mean
    for fold in range(3):
        twin = linear_model.Ridge(alpha=alpha).fit(inputs[~held_out[fold]], means[~held_out[fold]])
        np.testing.assert_allclose(kernels[fold], twin.coef_.T, atol=1e-8)
        np.testing.assert_allclose(biases[fold], twin.intercept_, atol=1e-8)


@pytest.mark.parametrize("relevant", [False, True])
def test_the_unit_of_the_inputs_and_of_relevance_does_not_matter(relevant: bool) -> None:
    rng = np.random.default_rng(3)
    inputs, means, relevance = rng.normal(size=(9, 4)), rng.normal(size=(9, 5)), rng.uniform(size=(2, 4))
    held_out = np.arange(9) % 2 == np.arange(2)[:, None]
    kernels, biases = ridge.fit(inputs, means, held_out, 0.7, relevance if relevant else None)
    longer, same = ridge.fit(1e3 * inputs, means, held_out, 0.7, 50 * relevance if relevant else None)
    np.testing.assert_allclose(1e3 * longer, kernels, rtol=1e-9)
    np.testing.assert_allclose(same, biases, rtol=1e-9)


@pytest.mark.parametrize(("relevance", "slopes"), [((1.0, 1.0), (1.6, 1.6)), ((2.0, 0.0), (16 / 9, 0.0))])
def test_relevance_by_hand(relevance: tuple[float, float], slopes: tuple[float, float]) -> None:
    # Four classes in a square, with squares of 4 along each side and of 2 in length; importances of twice both sides.
    # The penalty of a side is 1/2 times 2 over its relevance: slopes of 8 / (4 + 1), or of 8 / (4 + 1/2) and nothing.
    square = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    everyone = np.zeros((1, 4), bool)
    kernels, biases = ridge.fit(square, 2 * square.sum(1, keepdims=True), everyone, 0.5, np.array([relevance]))
    np.testing.assert_allclose(kernels[0, :, 0], slopes, atol=1e-12)
    np.testing.assert_allclose(biases, 0, atol=1e-12)


@pytest.mark.parametrize(("classes", "features"), [(12, 5), (8, 30)])
def test_with_relevance_it_is_ridge_regression_on_inputs_times_its_root(classes: int, features: int) -> None:
    rng = np.random.default_rng(0)
    inputs, means = rng.normal(size=(classes, features)), rng.normal(size=(classes, 7))
    held_out = np.arange(classes) % 3 == np.arange(3)[:, None]
    relevance = rng.uniform(0, 3, (3, features)) * (rng.uniform(size=(3, features)) > 0.2)
    kernels, biases = ridge.fit(inputs, means, held_out, 0.4, relevance)
    for fold, root in enumerate(np.sqrt(relevance)):
        plain, bias = ridge.fit(inputs * root, means, held_out[fold : fold + 1], 0.4)
        np.testing.assert_allclose(kernels[fold], root[:, None] * plain[0], atol=1e-9)
        np.testing.assert_allclose(biases[fold], bias[0], atol=1e-9)


def test_without_penalty_more_features_than_classes_fit_every_class_with_the_shortest_kernel() -> None:
    rng = np.random.default_rng(1)
    inputs, means = rng.normal(size=(6, 20)), rng.normal(size=(6, 4))
    kernels, biases = ridge.fit(inputs, means, np.zeros((1, 6), bool), 0.0)
    np.testing.assert_allclose(inputs @ kernels[0] + biases[0], means, atol=1e-9)
    nearly, _ = ridge.fit(inputs, means, np.zeros((1, 6), bool), 1e-9)
    np.testing.assert_allclose(kernels, nearly, atol=1e-6)


def _planted(noise: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(24, 30)) * 3 + 1
    means = vectors @ rng.normal(size=(30, 20)) + noise * rng.normal(size=(24, 20))
    return vectors, domain_map.class_sums(means, np.arange(24), 24), np.ones(24)


def test_held_out_classes_choose_the_penalty() -> None:
    config = config_lib.MapConfig(map_penalties=(1e-3, 1.0, 1e3))
    logged: dict[float, float] = {}

    def log(step: int, **values: float) -> None:
        assert config.map_penalties[step] == values["penalty"]
        logged[values["penalty"]] = values["rank_correlation"]

    vectors, sums, counts = _planted(noise=20.0)
    fitted = fit.fit_to_sums(vectors, sums, counts, config, 0, _RIDGE, log)
    assert list(logged) == [*config.map_penalties]
    assert logged[fitted.penalty] == fitted.rank_correlation == max(logged.values())
    assert len({round(value, 3) for value in logged.values()}) == 3
    alone = fit.fit_to_sums(
        vectors,
        sums,
        counts,
        dataclasses.replace(config, map_penalties=(fitted.penalty,)),
        0,
        map_fit=_RIDGE,
    )
    np.testing.assert_array_equal(alone(vectors), fitted(vectors))
    assert fitted.steps == 0


def test_the_map_is_the_one_refitted_to_all_classes() -> None:
    vectors, sums, counts = _planted(noise=0.0)
    fitted = fit.fit_to_sums(vectors, sums, counts, config_lib.MapConfig(map_penalties=(0.5,)), 0, map_fit=_RIDGE)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    shift, scale = fit._normalisation(units)
    kernels, biases = ridge.fit((units - shift) / scale, sums, np.zeros((1, 24), bool), 0.5)
    expected = (units - shift) / scale @ kernels[0] + biases[0]
    np.testing.assert_allclose(fitted(vectors), expected, rtol=1e-4, atol=1e-5)


def _prototypes() -> np.ndarray:
    """Returns prototypes that the first five numbers of the planted vectors drive."""
    vectors, _, _ = _planted(noise=0.0)
    return vectors[:, :5] @ np.random.default_rng(4).normal(size=(5, 9))


def test_the_map_is_refitted_with_the_relevance_that_all_classes_show() -> None:
    vectors, sums, counts = _planted(noise=20.0)
    config = config_lib.MapConfig(map_penalties=(0.5,))
    fitted = fit.fit_to_sums(vectors, sums, counts, config, 0, map_fit=_ARD, prototypes=_prototypes())
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    shift, scale = fit._normalisation(units)
    inputs = (units - shift) / scale
    learned = relevance_lib.fit(inputs, _prototypes(), 10)
    kernels, biases = ridge.fit(inputs, sums, np.zeros((1, 24), bool), 0.5, learned[None])
    np.testing.assert_allclose(fitted(vectors), inputs @ kernels[0] + biases[0], rtol=1e-3, atol=1e-5)
    plain = fit.fit_to_sums(vectors, sums, counts, config, 0, map_fit=_RIDGE)
    assert (fitted.relevance, plain.relevance) == (10, 0)
    assert np.abs(fitted(vectors) - plain(vectors)).max() > 0.01


def test_a_held_out_class_has_no_say_in_the_relevance_that_it_is_predicted_by() -> None:
    vectors, sums, counts = _planted(noise=20.0)
    config, prototypes = config_lib.MapConfig(map_penalties=(0.5,), map_folds=24), _prototypes()
    other_prototypes = prototypes.copy()
    other_prototypes[3] += 50
    one, other = (
        fit.fit_to_sums(vectors, sums, counts, config, 0, map_fit=_ARD, prototypes=shown).residuals
        for shown in (prototypes, other_prototypes)
    )
    np.testing.assert_array_equal(one[3], other[3])
    assert np.abs(one - other).max(1).min(where=np.arange(24) != 3, initial=1) > 1e-4


@pytest.mark.parametrize("broken", [0, 1])
def test_what_is_no_number_is_told(broken: int) -> None:
    data = list(_planted(noise=0.0))
    data[broken][3, 2] = np.nan
    with pytest.raises(errors.DivergedError, match=r"must be finite numbers\. Received: some that are not"):
        fit.fit_to_sums(*data, config_lib.MapConfig(), 0, map_fit=_RIDGE)
