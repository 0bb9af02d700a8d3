# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 3 of the method (section 3.3 of the paper): fit weights whose importances are those that the map predicts.

Minimize the mean over images of 1 - cos(alpha(I; w), a) + lambda / 2 ||w - mean_seen(w)||^2. Importances are linear in
w, so the gradient takes one vector-Jacobian and one Jacobian-vector product of the head, and never a second derivative.
All classes, and in validation all lambdas, are columns of one problem. The unit of weights is the mean length of the
seen classes' weights, so that lambda and the learning rate suit any classifier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import split_points
from niwt_tf.method import importance
from niwt_tf.numerics import constants
from niwt_tf.util import progress, training_log

_WINDOW = 40  # steps over which the loss must fall by _LEAST_GAIN, or descent stops
_LEAST_GAIN = 0.01
_ROUNDING = 1e-6  # of the loss, which is at most about 2
_CHECK_EVERY = 10


def transfer(
    head: keras.Model,
    activations: np.ndarray,
    targets: np.ndarray,
    seen_kernel: np.ndarray,
    lambdas: np.ndarray,
    config: config_lib.TransferConfig,
    seed: int,
    jit_compile: bool = False,
    log: training_log.Log = training_log.no_log,
) -> np.ndarray:
    """Fit weights `[D,P]` float32 to `P` targets by descent.

    Args:
      head: Network from activations `[N,H,W,K]` to features `[N,D]`.
      activations: `[n,H,W,K]` activations of any natural images except test images.
      targets: `[P,K]` target importances; only their direction counts.
      seen_kernel: `[D,C]` weights of the seen classes; lambda pulls to their mean, and the first weights are drawn with
        their mean and spread.
      lambdas: `[P]` strengths of that pull, at least 0.
      config: Steps, batch and learning rate.
      seed: Seed of the first weights, and of the order of the images.
      jit_compile: True to compile the step with XLA.
      log: Function that takes the mean loss and cosine.

    Raises:
      errors.DivergedError: If the loss is not a finite number.
    """
    rng = np.random.default_rng([seed, 0x7F3])
    length = max(float(np.linalg.norm(seen_kernel, axis=0).mean()), constants.LEAST_DIVISOR)
    seen_kernel = seen_kernel / length
    mean = seen_kernel.mean(1, keepdims=True)
    if split_points.is_affine(head):
        activations = activations[:1]  # the Jacobian is the same for every image
    distinct, column = np.unique(targets, axis=0, return_inverse=True)
    start = rng.normal(mean, seen_kernel.std(), (len(mean), len(distinct)))[:, column]
    weights = tf.Variable(start, dtype=tf.float32)
    step = _make_step(head, weights, targets, mean, lambdas, config.transfer_learning_rate, jit_compile)
    losses: list[float] = []
    with progress.bar(range(1, config.transfer_steps + 1), "transfer") as bar:
        batches = _batches(activations, config.transfer_batch, rng)
        for number in bar:
            loss, cosine = step(tf.constant(next(batches), tf.float32)).numpy()
            losses.append(float(loss))
            if number % _CHECK_EVERY == 0 or number == config.transfer_steps:
                _require_finite(losses[-1], number)
                log(number, loss=loss, cosine=cosine)
                bar.set_postfix(cosine=f"{cosine:.3f}", refresh=False)
                if _has_settled(losses):
                    break
    return weights.numpy() * np.float32(length)


def _make_step(
    head: keras.Model,
    weights: tf.Variable,
    targets: np.ndarray,
    mean: np.ndarray,
    lambdas: np.ndarray,
    learning_rate: float,
    jit_compile: bool,
) -> Callable[[tf.Tensor], tf.Tensor]:
    head_function = importance.inference(head)
    unit_targets = tf.linalg.l2_normalize(tf.constant(targets, tf.float32), -1)
    center, pull = tf.constant(mean, tf.float32), tf.constant(lambdas, tf.float32)
    optimizer = keras.optimizers.Adam(learning_rate)
    optimizer.build([weights])
    problems = len(targets)

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def step(activations: tf.Tensor) -> tf.Tensor:
        images = tf.shape(activations)[0]
        repeated = tf.repeat(activations, problems, axis=0)
        alphas = importance.importances(head_function, repeated, tf.tile(tf.transpose(weights), [images, 1]))
        cosines, tangents = cosine_and_gradient(alphas, tf.tile(unit_targets, [images, 1]))
        products = importance.adjoint(head_function, repeated, tangents)
        mean_products = tf.reduce_mean(tf.reshape(products, [images, problems, -1]), 0)
        away = weights - center
        optimizer.apply_gradients([(pull * away - tf.transpose(mean_products), weights)])
        penalty = tf.reduce_mean(pull / 2 * tf.reduce_sum(away**2, 0))
        cosine = tf.reduce_mean(cosines)
        return tf.stack([1 - cosine + penalty, cosine])

    return step


def cosine_and_gradient(alphas: tf.Tensor, unit_targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute the cosines `[N]` of `alphas` with unit vectors, and their gradient `[N,K]` with respect to `alphas`."""
    units, lengths = importance.directions(alphas)
    cosines = tf.reduce_sum(units * unit_targets, -1, keepdims=True)
    return cosines[:, 0], (unit_targets - cosines * units) / lengths


def _batches(activations: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    while True:
        order = rng.permutation(len(activations))
        for first in range(0, len(order), size):
            if first == 0 or first + size <= len(order):
                yield activations[np.sort(order[first : first + size])]


def _has_settled(losses: list[float]) -> bool:
    """Check whether the loss fell by less than a hundredth over the last steps, or by no more than rounding."""
    if len(losses) < 2 * _WINDOW:
        return False
    before, now = float(np.mean(losses[-2 * _WINDOW : -_WINDOW])), float(np.mean(losses[-_WINDOW:]))
    return before - now < max(_LEAST_GAIN * abs(before), _ROUNDING)


def _require_finite(loss: float, step: int) -> None:
    if not np.isfinite(loss):
        raise errors.DivergedError(
            f"`loss` must be a finite number. Received: {loss} in step {step} of the transfer. Lower "
            f"{errors.setting('transfer_learning_rate')}."
        )
