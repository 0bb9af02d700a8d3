# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The paper's map, fitted by descent on the mean over images of 1 - cos(M(k_y), alpha_y(I)), stopped early.

M depends only on the class. The mean therefore follows exactly from each class's sum of unit importances, and the cost
of a step grows with the number of classes, not of images. This does not hold for the absolute differences (L1): there,
a class's mean unit importance, scaled to length 1, stands for its images.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.util import progress

_CHECK_EVERY = 5
_MOMENTUM = 0.9

Layer = tuple[np.ndarray, np.ndarray]  # a kernel and a bias for each fold, `[F,M,K]` and `[F,K]`


def fit(
    inputs: np.ndarray,
    means: np.ndarray,
    counts: np.ndarray,
    held_out: np.ndarray,
    steps: int,
    config: config_lib.MapConfig,
    seed: int,
    check: Callable[[int, float, list[Layer]], None],
) -> list[Layer]:
    """Fit a map for each fold, all at once.

    A map starts at its classes' mean importances for every domain vector, and learns the differences from there. Hidden
    layers start at random, with the same weights in all folds.

    Args:
      inputs: Vector of each class, `[C,M]`.
      means: Mean of unit importances of each class, `[C,K]`.
      counts: Number of images of each class, `[C]`.
      held_out: `[F,C]` bool, true for the classes that are left out of a fold.
      steps: Number of steps.
      config: Learning rate, layers and their width, and the loss.
      seed: Seed of the hidden layers' first weights.
      check: Function that takes the step, the mean loss and the layers, every few steps and at the end.

    Returns:
      Layers of the maps, with ReLU between them.

    Raises:
      errors.DivergedError: If the loss is not a finite number.
    """
    shares = np.where(held_out, 0.0, counts).astype(np.float32)
    shares /= shares.sum(1, keepdims=True)
    targets = tf.constant(means, tf.float32)
    last = np.zeros((len(held_out), _sizes(inputs, config)[-1], means.shape[1]), np.float32)
    hidden = _hidden(_sizes(inputs, config), len(held_out), seed)
    layers = [tuple(map(tf.Variable, layer)) for layer in (*hidden, (last, tf.constant(shares) @ targets))]
    step = _make_step(tf.constant(inputs, tf.float32), targets, tf.constant(shares), layers, config)
    for number in progress.bar(range(1, steps + 1), "map"):
        loss = step()
        if number % _CHECK_EVERY == 0 or number == steps:
            _require_finite(float(loss), number)
            check(number, float(loss), _numbers(layers))
    return _numbers(layers)


def predict(inputs: np.ndarray, layers: list[Layer], fold: int) -> np.ndarray:
    """Predict importances `[C,K]` from classes' vectors with the map of one fold.

    Args:
      inputs: `[C,M]` vectors of the classes.
      layers: Layers as `fit` returns them.
      fold: Index of the fold, from 0.
    """
    values = inputs
    for kernel, bias in layers[:-1]:
        values = np.maximum(values @ kernel[fold] + bias[fold], 0)
    return values @ layers[-1][0][fold] + layers[-1][1][fold]


def losses(predicted: tf.Tensor, targets: tf.Tensor, kind: str) -> tf.Tensor:
    """Compute the loss `[F,C]` of each class in each fold.

    L1 is the sum over neurons of the absolute differences, divided by the square root of the number of neurons: at most
    2, like 1 - cos.

    Args:
      predicted: `[F,C,K]` predicted importances; only their direction counts.
      targets: Mean of unit importances of each class, `[C,K]`.
      kind: Name of the loss, a member of `config.MAP_LOSSES`.
    """
    units = tf.linalg.l2_normalize(predicted, -1)
    cosine = 1 - tf.reduce_sum(units * targets, -1)
    if kind == "cosine":
        return cosine
    differences = tf.abs(units - tf.linalg.l2_normalize(targets, -1))
    l1 = tf.reduce_sum(differences, -1) / tf.sqrt(tf.cast(tf.shape(targets)[-1], tf.float32))
    return l1 if kind == "l1" else cosine + l1


def _sizes(inputs: np.ndarray, config: config_lib.MapConfig) -> list[int]:
    """List the number of inputs of each layer."""
    return [inputs.shape[1], *[config.map_width] * (config.map_layers - 1)]


def _hidden(sizes: list[int], folds: int, seed: int) -> list[Layer]:
    """Initialize the hidden layers at random; on average, a layer and its ReLU keep a vector's length."""
    rng = np.random.default_rng([seed, 0xDEE9])
    drawn = [rng.normal(0, np.sqrt(2 / wide), (size, wide)) for size, wide in zip(sizes, sizes[1:], strict=False)]
    return [(np.stack([one] * folds).astype(np.float32), np.zeros((folds, one.shape[1]), np.float32)) for one in drawn]


def _make_step(
    inputs: tf.Tensor,
    targets: tf.Tensor,
    shares: tf.Tensor,
    layers: list[tuple[tf.Variable, tf.Variable]],
    config: config_lib.MapConfig,
) -> Callable[[], tf.Tensor]:
    variables = [variable for layer in layers for variable in layer]
    optimizer = keras.optimizers.SGD(config.map_learning_rate, momentum=_MOMENTUM)
    optimizer.build(variables)

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            values = inputs
            for kernel, bias in layers[:-1]:
                values = tf.nn.relu(values @ kernel + bias[:, None])
            predicted = values @ layers[-1][0] + layers[-1][1][:, None]
            loss = tf.reduce_sum(shares * losses(predicted, targets, config.map_loss))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss / tf.cast(tf.shape(shares)[0], tf.float32)

    return step


def _numbers(layers: list[tuple[tf.Variable, tf.Variable]]) -> list[Layer]:
    return [(kernel.numpy(), bias.numpy()) for kernel, bias in layers]


def _require_finite(loss: float, step: int) -> None:
    if not np.isfinite(loss):
        raise errors.DivergedError(
            f"`loss` must be a finite number. Received: {loss} in step {step} of fitting the map. Lower "
            f"{errors.setting('map_learning_rate')}."
        )
