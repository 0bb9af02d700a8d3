# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The map of the paper: descent on the mean over images of 1 - cos(M(k_y), alpha_y(I)), stopped early.

As M sees only the class, that mean follows exactly from each class' sum of unit importances, so a step costs as much as
there are classes, not images. Of the absolute differences (L1) this is not so: there a class' mean unit importance, at
length 1, stands for its images.
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

Layer = tuple[np.ndarray, np.ndarray]  # for each fold a kernel `[F,M,K]` and a bias `[F,K]`


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
    """Fits a map for each fold, all at once; returns its layers, between which there is ReLU.

    A map starts at its classes' mean importances, whatever the domain vector, and from there learns what differs.
    Hidden layers start at random, in all folds alike.

    Args:
      inputs: a vector for each class, `[C,M]`.
      means: each class' mean of unit importances, `[C,K]`.
      counts: the classes' numbers of images, `[C]`.
      held_out: `[F,C]` bool, the classes that have no say in a fold.
      steps: how many.
      config: learning rate, layers and their width, and the loss.
      seed: of the hidden layers' first weights.
      check: takes the step, the mean loss and the layers, now and then and at the end.

    Raises:
      errors.DivergedError: if the loss is no finite number.
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
    """Returns what a fold's map makes of classes' vectors, `[C,K]`.

    Args:
      inputs: `[C,M]`.
      layers: as `fit` returns them.
      fold: from 0.
    """
    values = inputs
    for kernel, bias in layers[:-1]:
        values = np.maximum(values @ kernel[fold] + bias[fold], 0)
    return values @ layers[-1][0][fold] + layers[-1][1][fold]


def losses(predicted: tf.Tensor, targets: tf.Tensor, kind: str) -> tf.Tensor:
    """Returns the loss `[F,C]` of each class.

    L1 is the sum over neurons of the absolute differences, over the root of their number: at most 2, as 1 - cos is.

    Args:
      predicted: `[F,C,K]`, of which only the direction counts.
      targets: each class' mean of unit importances, `[C,K]`.
      kind: a member of `config.MAP_LOSSES`.
    """
    units = tf.linalg.l2_normalize(predicted, -1)
    cosine = 1 - tf.reduce_sum(units * targets, -1)
    if kind == "cosine":
        return cosine
    differences = tf.abs(units - tf.linalg.l2_normalize(targets, -1))
    l1 = tf.reduce_sum(differences, -1) / tf.sqrt(tf.cast(tf.shape(targets)[-1], tf.float32))
    return l1 if kind == "l1" else cosine + l1


def _sizes(inputs: np.ndarray, config: config_lib.MapConfig) -> list[int]:
    """Returns how many numbers each layer takes."""
    return [inputs.shape[1], *[config.map_width] * (config.map_layers - 1)]


def _hidden(sizes: list[int], folds: int, seed: int) -> list[Layer]:
    """Returns the hidden layers before the first step; on average, they and their ReLU keep a vector's length."""
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
            f"`loss` must be a finite number. Received: {loss} in step {step} of fitting the map. "
            "Lower --map_learning_rate."
        )
