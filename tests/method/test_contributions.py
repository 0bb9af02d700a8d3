# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the neurons' contributions to a logit: by hand, by a numpy twin, and their completeness."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from niwt_tf.method import contributions, importance

_SHAPE = (4, 4, 6)


def _head(*layers: keras.layers.Layer) -> keras.Model:
    keras.utils.set_random_seed(0)
    activations = keras.Input(_SHAPE)
    x = activations
    for layer in layers:
        x = layer(x)
    return keras.Model(activations, x)


def _deep() -> keras.Model:
    return _head(
        keras.layers.Conv2D(16, 3, activation="relu", bias_initializer="normal"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(12, activation="relu", bias_initializer="normal"),
    )


def _activations(count: int) -> np.ndarray:
    return np.random.default_rng(count).exponential(size=(count, *_SHAPE)).astype(np.float32)


def test_what_is_said_of_a_head() -> None:
    assert "the same importances in all images" in contributions.describe_head(
        _head(keras.layers.GlobalAveragePooling2D())
    )
    assert "is not linear" in contributions.describe_head(_deep())


def test_behind_a_linear_head_they_are_mean_activations_times_weights() -> None:
    activations, weights = _activations(3), np.random.default_rng(1).normal(size=(3, 6)).astype(np.float32)
    head = importance.inference(_head(keras.layers.GlobalAveragePooling2D()))
    values = contributions.integrate(head, tf.constant(activations), tf.constant(weights)).numpy()
    np.testing.assert_allclose(values, activations.mean((1, 2)) * weights, rtol=1e-4, atol=1e-6)


def test_by_hand_behind_a_bend() -> None:
    # The logit is relu(a - 1): from 0 to a = 3 it rises by 2, all of it by the one neuron that is 3 and has a weight.
    dense = keras.layers.Dense(1, activation="relu")
    activations = keras.Input((1, 1, 2))
    head = keras.Model(activations, dense(keras.layers.Flatten()(activations)))
    dense.set_weights([np.array([[1.0], [0.0]]), np.array([-1.0])])
    values = contributions.integrate(importance.inference(head), tf.constant([[[[3.0, 5.0]]]]), tf.constant([[1.0]]))
    np.testing.assert_allclose(values.numpy(), [[2, 0]], atol=1e-5)


def test_behind_a_deep_head_they_add_up_to_the_logit_less_that_of_zero() -> None:
    model, activations = _deep(), _activations(40)
    weights = np.random.default_rng(2).normal(size=(40, 12)).astype(np.float32)
    values = contributions.integrate(
        importance.inference(model), tf.constant(activations), tf.constant(weights)
    ).numpy()
    of_image, of_zero = (model(one, training=False).numpy() for one in (activations, np.zeros((1, *_SHAPE))))
    expected = ((of_image - of_zero) * weights).sum(1)
    np.testing.assert_allclose(values.sum(1), expected, rtol=1e-4, atol=1e-4)


def test_the_quadrature_hardly_differs_from_one_with_many_points(monkeypatch: pytest.MonkeyPatch) -> None:
    head, activations = importance.inference(_deep()), tf.constant(_activations(10))
    weights = tf.constant(np.random.default_rng(4).normal(size=(10, 12)).astype(np.float32))
    values = contributions.integrate(head, activations, weights).numpy()
    monkeypatch.setattr(contributions, "_STEPS", 200)
    exact = contributions.integrate(head, activations, weights).numpy()
    assert np.abs(values - exact).mean() <= 0.02 * np.abs(exact).mean()


def test_compiled_and_one_by_one_they_are_the_same() -> None:
    head, activations = importance.inference(_deep()), tf.constant(_activations(7))
    weights = tf.constant(np.random.default_rng(3).normal(size=(7, 12)).astype(np.float32))
    together = contributions.integrate(head, activations, weights).numpy()
    compiled = tf.function(contributions.integrate)(head, activations, weights).numpy()
    alone = [contributions.integrate(head, activations[i : i + 1], weights[i : i + 1]).numpy() for i in range(7)]
    for other in (compiled, np.concatenate(alone)):
        np.testing.assert_allclose(other, together, rtol=1e-4, atol=1e-5)


def test_the_strongest_neurons_come_first_and_none_that_lowers_the_logit() -> None:
    values = np.array([[0.5, -1.0, 2.0], [-1.0, 0.0, -2.0]])
    assert contributions.strongest(values, 2) == [[(2, 2.0), (0, 0.5)], []]
