# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The map of the paper: descent on the mean over images of 1 - cos(M(k_y), alpha_y(I)), stopped early.

As M sees only the class, that mean follows exactly from each class' sum of unit importances, so a step costs as much as
there are classes, not images.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from niwt_tf import errors, progress

_CHECK_EVERY = 5
_MOMENTUM = 0.9


def fit(
    inputs: np.ndarray,
    means: np.ndarray,
    counts: np.ndarray,
    held_out: np.ndarray,
    steps: int,
    learning_rate: float,
    check: Callable[[int, float, np.ndarray, np.ndarray], None],
) -> tuple[np.ndarray, np.ndarray]:
    """Fits a map for each fold, all at once; returns kernels `[F,M,K]` and biases `[F,K]`.

    A map starts at its classes' mean importances, whatever the domain vector, and from there learns what differs.

    Args:
      inputs: a vector for each class, `[C,M]`.
      means: each class' mean of unit importances, `[C,K]`.
      counts: the classes' numbers of images, `[C]`.
      held_out: `[F,C]` bool, the classes that have no say in a fold.
      steps: how many.
      learning_rate: of gradient descent with momentum 0.9.
      check: takes the step, the mean loss, kernels and biases, now and then and at the end.

    Raises:
      errors.DivergedError: if the loss is no finite number.
    """
    shares = np.where(held_out, 0.0, counts).astype(np.float32)
    shares /= shares.sum(1, keepdims=True)
    targets = tf.constant(means, tf.float32)
    kernel = tf.Variable(tf.zeros([len(held_out), inputs.shape[1], means.shape[1]]))
    bias = tf.Variable(tf.constant(shares) @ targets)
    step = _make_step(tf.constant(inputs, tf.float32), targets, tf.constant(shares), kernel, bias, learning_rate)
    for number in progress.bar(range(1, steps + 1), "map"):
        loss = step()
        if number % _CHECK_EVERY == 0 or number == steps:
            _require_finite(float(loss), number)
            check(number, float(loss), kernel.numpy(), bias.numpy())
    return kernel.numpy(), bias.numpy()


def _make_step(
    inputs: tf.Tensor,
    targets: tf.Tensor,
    shares: tf.Tensor,
    kernel: tf.Variable,
    bias: tf.Variable,
    learning_rate: float,
) -> Callable[[], tf.Tensor]:
    optimizer = keras.optimizers.SGD(learning_rate, momentum=_MOMENTUM)
    optimizer.build([kernel, bias])

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            predicted = tf.einsum("cm,fmk->fck", inputs, kernel) + bias[:, None]
            cosines = tf.reduce_sum(tf.linalg.l2_normalize(predicted, -1) * targets, -1)
            loss = tf.reduce_sum(shares * (1 - cosines))
        variables = [kernel, bias]
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss / tf.cast(tf.shape(shares)[0], tf.float32)

    return step


def _require_finite(loss: float, step: int) -> None:
    if not np.isfinite(loss):
        raise errors.DivergedError(
            f"`loss` must be a finite number. Received: {loss} in step {step} of fitting the map. "
            "Lower --map_learning_rate."
        )
