# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the descent's losses and hidden layers, by hand and against numpy; test_domain_map.py has the linear map."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf.method.domain_map import descent

_RNG = np.random.default_rng(0)
_INPUTS = _RNG.normal(size=(9, 4))
_MEANS = _RNG.normal(size=(9, 6)) / 4
_COUNTS = np.arange(1, 10)
_HELD_OUT = np.arange(9) % 3 == np.arange(3)[:, None]


def _fit(steps: int, seed: int = 0, **settings: object) -> list[descent.Layer]:
    config = config_lib.MapConfig(**{"map_learning_rate": 0.1, "map_width": 5, **settings})
    return descent.fit(_INPUTS, _MEANS, _COUNTS, _HELD_OUT, steps, config, seed, lambda *_: None)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        # Predicted (0.6, 0.8) against a mean of 0.5 along the first axis, then of 1 along the second.
        ("cosine", [1 - 0.5 * 0.6, 1 - 0.8]),
        ("l1", [(0.4 + 0.8) / np.sqrt(2), (0.6 + 0.2) / np.sqrt(2)]),
        ("both", [1 - 0.5 * 0.6 + 1.2 / np.sqrt(2), 1 - 0.8 + 0.8 / np.sqrt(2)]),
    ],
)
def test_losses_by_hand(kind: str, expected: list[float]) -> None:
    predicted, means = tf.constant([[[3.0, 4.0], [30.0, 40.0]]]), tf.constant([[0.5, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(descent.losses(predicted, means, kind), [expected], rtol=1e-6)


@pytest.mark.parametrize("neurons", [1, 64])
def test_absolute_differences_are_from_0_to_2_whatever_the_number_of_neurons(neurons: int) -> None:
    means = tf.ones((1, neurons)) / neurons
    np.testing.assert_allclose(descent.losses(means[None], means, "l1"), 0, atol=1e-6)
    np.testing.assert_allclose(descent.losses(-means[None], means, "l1"), 2, rtol=1e-6)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_map_of_any_depth_starts_at_its_classes_mean_importances(layers: int) -> None:
    started = _fit(0, map_layers=layers)
    assert (
        [kernel.shape[1:] for kernel, _ in started] == [(4, 6)]
        if layers == 1
        else [(4, 5), *[(5, 5)] * (layers - 2), (5, 6)]
    )
    for fold in range(3):
        values = descent.predict(_INPUTS, started, fold)
        kept = ~_HELD_OUT[fold]
        expected = (_MEANS * _COUNTS[:, None])[kept].sum(0) / _COUNTS[kept].sum()
        np.testing.assert_allclose(values, np.tile(expected, (9, 1)), rtol=1e-5, atol=1e-7)


def test_hidden_layers_start_alike_in_all_folds_and_as_the_seed_says() -> None:
    (one, _), _ = _fit(0, map_layers=2)
    assert (one == one[0]).all() and np.abs(one).min() > 0
    np.testing.assert_array_equal(_fit(0, map_layers=2)[0][0], one)
    assert np.abs(_fit(0, seed=1, map_layers=2)[0][0] - one).max() > 0.1


def test_hidden_layers_keep_the_lengths_of_vectors_on_average() -> None:
    (kernel, _), *_ = _fit(0, map_layers=2, map_width=20_000)
    lengths = np.linalg.norm(np.maximum(_INPUTS @ kernel[0], 0), axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(_INPUTS, axis=1), rtol=0.05)


def test_predictions_of_a_hidden_layer_by_hand() -> None:
    hidden = np.array([np.zeros((1, 2)), [[1.0, -1.0]]]), np.array([[0.0, 0.0], [0.0, 1.0]])
    last = np.array([np.zeros((2, 1)), [[2.0], [10.0]]]), np.array([[7.0], [0.5]])
    inputs = np.array([[3.0], [-3.0]])
    np.testing.assert_array_equal(descent.predict(inputs, [hidden, last], 0), [[7], [7]])
    np.testing.assert_array_equal(descent.predict(inputs, [hidden, last], 1), [[2 * 3 + 0.5], [10 * 4 + 0.5]])


def _loss(layers: list[descent.Layer], fold: int, kind: str) -> float:
    """Returns the loss of a fold: a twin in numpy."""
    predicted = descent.predict(_INPUTS, layers, fold)
    units = predicted / np.linalg.norm(predicted, axis=1, keepdims=True)
    targets = _MEANS / np.linalg.norm(_MEANS, axis=1, keepdims=True)
    cosine, l1 = 1 - (units * _MEANS).sum(1), np.abs(units - targets).sum(1) / np.sqrt(6)
    shares = np.where(_HELD_OUT[fold], 0, _COUNTS) / _COUNTS[~_HELD_OUT[fold]].sum()
    return float(shares @ {"cosine": cosine, "l1": l1, "both": cosine + l1}[kind])


@pytest.mark.parametrize("kind", config_lib.MAP_LOSSES)
def test_a_step_goes_down_the_slope_of_each_fold_s_loss(kind: str) -> None:
    before = _fit(3, map_layers=2, map_loss=kind)
    after = _fit(4, map_layers=2, map_loss=kind)
    earlier = _fit(2, map_layers=2, map_loss=kind)
    exact = [(kernel.astype(np.float64), bias.astype(np.float64)) for kernel, bias in before]
    for layer, part, place in ((0, 0, (1, 2, 3)), (0, 1, (1, 3)), (1, 0, (1, 4, 2)), (1, 1, (1, 0))):
        array, step = exact[layer][part], 1e-6
        array[place] += step
        above = _loss(exact, 1, kind)
        array[place] -= 2 * step
        slope = (above - _loss(exact, 1, kind)) / (2 * step)
        array[place] += step
        speed = before[layer][part][place] - earlier[layer][part][place]
        moved = after[layer][part][place] - before[layer][part][place]
        assert moved == pytest.approx(0.9 * speed - 0.1 * slope, rel=1e-2, abs=1e-5)


@pytest.mark.parametrize("kind", config_lib.MAP_LOSSES)
def test_the_loss_that_is_told_is_the_mean_over_folds(kind: str) -> None:
    told: list[float] = []
    config = config_lib.MapConfig(map_learning_rate=0.1, map_width=5, map_layers=3, map_loss=kind)
    data = _INPUTS, _MEANS, _COUNTS, _HELD_OUT
    descent.fit(*data, 6, config, 0, lambda step, loss, layers: told.append(loss))
    before = _fit(5, map_layers=3, map_loss=kind)
    assert told[-1] == pytest.approx(np.mean([_loss(before, fold, kind) for fold in range(3)]), rel=1e-4)
