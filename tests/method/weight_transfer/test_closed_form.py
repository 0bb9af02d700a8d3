# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the transfer in closed form: by hand, against the objective minimised directly, and what weights cause."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import linalg
from sklearn import covariance as covariance_lib

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.method import importance
from niwt_tf.method.weight_transfer import closed_form
from niwt_tf.method.weight_transfer import descent as transfer_lib

_NO_RESIDUALS = np.zeros((0, 1), np.float32)  # of a map that does not know its errors


def _pooled(neurons: int, *layers: keras.layers.Layer) -> keras.Model:
    return keras.Sequential([keras.Input((2, 3, neurons)), keras.layers.GlobalAveragePooling2D(), *layers])


def _affine(neurons: int, features: int) -> keras.Model:
    keras.utils.set_random_seed(0)
    return _pooled(neurons, keras.layers.Dense(features))


def _deep(neurons: int, features: int) -> keras.Model:
    keras.utils.set_random_seed(0)
    hidden = keras.layers.Dense(16, activation="tanh", kernel_initializer=keras.initializers.RandomNormal(stddev=1.0))
    return _pooled(neurons, hidden, keras.layers.Dense(features, activation="tanh"))


def _activations(neurons: int, images: int = 5) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(images, 2, 3, neurons)).astype(np.float32)


def _features(images: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns features `[N,D]` of three classes, of unequal spread, and labels."""
    rng = np.random.default_rng(2)
    labels = np.arange(images) % 3
    noise = rng.normal(size=(images, size)) * rng.uniform(0.3, 2, size)
    return (rng.normal(size=(3, size))[labels] + noise).astype(np.float32), labels


def _reach(head: keras.Model, images: int, shrinkage: float = 0.3) -> closed_form.ClosedFormTransfer:
    return closed_form.fit(
        head, _activations(head.input_shape[-1]), *_features(images, head.output_shape[-1]), shrinkage
    )


def _targets(neurons: int, classes: int = 4) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(classes, neurons))


def _units(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _jacobian(head: keras.Model) -> np.ndarray:
    """Returns J `[D,K]` of a pooling over six positions, and a dense layer."""
    return head.layers[-1].kernel.numpy().T.astype(np.float64) / 6


# Features vary by 1/2 about the mean of the one class, in each direction alike.
_EVEN = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]], np.float32)


def _even_reach() -> closed_form.ClosedFormTransfer:
    head = keras.Sequential([keras.Input((1, 1, 2)), keras.layers.GlobalAveragePooling2D()])
    return closed_form.fit(head, np.zeros((1, 1, 1, 2), np.float32), _EVEN, np.zeros(4, int), 0.5)


@pytest.mark.parametrize("length", [1.0, 1e-3])
@pytest.mark.parametrize("lambda_", [0.0, 1.0, 10.0])
def test_what_the_map_is_unsure_of_is_held_back_by_hand(lambda_: float, length: float) -> None:
    # J is 1 and S is 1/2, so J S^-1 J is 2. The map errs by 1 along the first neuron alone: E is (0.95, 0.05) after
    # shrinking by a tenth, and its size (0.95 + 0.05) / 2 / 2.
    operator = _even_reach().weight_operator(np.array([[length, 0], [-length, 0]], np.float32), lambda_)
    held_back = 2 + 4 * lambda_ * np.array([0.95, 0.05])
    np.testing.assert_allclose(operator, np.diag(2 / held_back), rtol=1e-5, atol=1e-7)
    assert operator.dtype == np.float32


def test_a_map_that_does_not_know_its_errors_is_trusted_wholly() -> None:
    operators = [_even_reach().weight_operator(residuals, 5.0) for residuals in (_NO_RESIDUALS, np.zeros((3, 2)))]
    np.testing.assert_allclose(operators, np.stack([np.eye(2)] * 2), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("images", [60, 7])  # more than features, and fewer
def test_where_features_are_neurons_only_these_weights_cause_the_importances(images: int) -> None:
    reach = _reach(_pooled(6), images)
    targets = _targets(6)
    weights = closed_form.solve(reach.weight_operator(np.ones((2, 6)), 0.0), targets)
    np.testing.assert_allclose(weights, 6 * _units(targets).T, rtol=1e-4, atol=1e-5)  # of as many positions
    assert weights.dtype == np.float32


@pytest.mark.parametrize("features", [5, 12])
@pytest.mark.parametrize("images", [60, 7])
def test_of_an_affine_head_all_is_caused_that_can_be(features: int, images: int) -> None:
    head, targets = _affine(5, features), _targets(5)
    weights = closed_form.solve(_reach(head, images).weight_operator(_NO_RESIDUALS, 0.0), targets)
    np.testing.assert_allclose(_jacobian(head).T @ weights, _units(targets).T, atol=1e-4)


def test_fewer_features_than_neurons_cause_what_is_nearest() -> None:
    head, targets = _affine(9, 4), _targets(9)
    weights = closed_form.solve(_reach(head, 60).weight_operator(_NO_RESIDUALS, 0.0), targets)
    nearest = linalg.lstsq(_jacobian(head).T, _units(targets).T)[0]
    np.testing.assert_allclose(weights, nearest, rtol=1e-3, atol=1e-4)


def _minimised(head: keras.Model, images: int, residuals: np.ndarray, lambda_: float, target: np.ndarray) -> np.ndarray:
    """Returns the weights `[D]` with the least (J^T w - a)^T E^-1 (J^T w - a) + lambda w^T S w, by least squares."""
    features, labels = _features(images, head.output_shape[-1])
    means = np.stack([features[labels == label].mean(0) for label in range(3)])
    deviations = (features - means[labels]).astype(np.float64)
    within = covariance_lib.shrunk_covariance(deviations.T @ deviations / images, 0.3)
    errors = covariance_lib.shrunk_covariance(residuals.T @ residuals / len(residuals), 0.1)
    jacobian = _jacobian(head)
    caused = linalg.pinvh(jacobian.T @ linalg.inv(within) @ jacobian)
    lambda_ = lambda_ / np.trace(caused @ errors) * len(errors)
    whiten = linalg.inv(linalg.cholesky(errors, lower=True))
    rows = np.vstack([whiten @ jacobian.T, np.sqrt(lambda_) * linalg.cholesky(within)])
    wanted = np.concatenate([whiten @ target / np.linalg.norm(target), np.zeros(len(jacobian))])
    return linalg.lstsq(rows, wanted)[0]


@pytest.mark.parametrize("lambda_", [0.05, 2.0])
@pytest.mark.parametrize(("neurons", "features", "images"), [(5, 12, 60), (5, 12, 7), (9, 4, 60), (6, 6, 30)])
def test_weights_are_those_with_the_least_of_the_objective(
    neurons: int, features: int, images: int, lambda_: float
) -> None:
    head, targets = _affine(neurons, features), _targets(neurons)
    residuals = np.random.default_rng(4).normal(size=(10, neurons)) * np.linspace(0.1, 3, neurons)
    weights = closed_form.solve(_reach(head, images).weight_operator(residuals, lambda_), targets)
    for column, target in zip(weights.T, targets, strict=True):
        expected = _minimised(head, images, residuals, lambda_, target)
        np.testing.assert_allclose(column, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_only_the_direction_of_a_target_counts() -> None:
    operator = _reach(_affine(5, 8), 30).weight_operator(_NO_RESIDUALS, 0.0)
    targets = _targets(5)
    longer = np.array([[1e-3], [1.0], [5.0], [1e3]]) * targets
    np.testing.assert_allclose(closed_form.solve(operator, longer), closed_form.solve(operator, targets), rtol=1e-5)


def test_a_deep_head_is_caused_to_ask_for_the_importances_on_average() -> None:
    head, activations, targets = _deep(4, 7), _activations(4), _targets(4)
    weights = closed_form.solve(_reach(head, 60).weight_operator(_NO_RESIDUALS, 0.0), targets)
    function, images = importance.inference(head), tf.constant(activations)
    rows = [tf.constant(np.tile(column, (len(activations), 1))) for column in weights.T]
    caused = np.stack([importance.importances(function, images, row) for row in rows])
    np.testing.assert_allclose(caused.mean(1), _units(targets), atol=1e-3)
    assert np.ptp(caused, axis=1).max() > 0.1, "images shall differ"


def test_without_holding_back_it_ends_where_descent_does() -> None:
    keras.utils.set_random_seed(0)
    head, targets = _pooled(5, keras.layers.Dense(5, kernel_initializer="orthogonal")), _targets(5)
    closed = closed_form.solve(_reach(head, 60).weight_operator(_NO_RESIDUALS, 0.0), targets)
    settings = config_lib.TransferConfig(transfer_steps=200, transfer_learning_rate=0.05)
    kernel = np.random.default_rng(5).normal(size=(5, 3)).astype(np.float32)
    descended = transfer_lib.transfer(head, _activations(5), targets, kernel, np.zeros(4), settings, 0)
    cosines = (_units(closed.T) * _units(descended.T)).sum(1)
    assert cosines.min() > 0.99


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    asked = []

    def mean_jacobian(head: Any, activations: np.ndarray) -> np.ndarray:
        asked.append(activations)
        return np.eye(head.output_shape[-1], activations.shape[-1])

    monkeypatch.setattr(importance, "mean_jacobian", mean_jacobian)
    return asked


@pytest.mark.parametrize(
    ("head", "images", "taken"),
    [(_affine, 50, [0]), (_deep, 3, [0, 1, 2]), (_deep, 63, [*range(0, 63, 2)])],
)
def test_of_an_affine_head_one_image_says_all_else_some_over_all(
    head: Any, images: int, taken: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _counted(monkeypatch)
    activations = _activations(4, images)
    closed_form.fit(head(4, 7), activations, *_features(30, 7), 0.3)
    (shown,) = asked
    np.testing.assert_array_equal(shown, activations[taken])


def test_activations_that_are_no_numbers_are_told() -> None:
    activations = _activations(4)
    activations[2, 0, 0, 1] = np.inf
    with pytest.raises(errors.DivergedError) as caught:
        closed_form.fit(_deep(4, 7), activations, *_features(30, 7), 0.3)
    assert caught.value.as_flags() == (
        "`jacobian` must be finite numbers. Received: some that are not, in the transfer in closed form. Check that "
        "the network's activations are finite, and --transfer_source."
    )
