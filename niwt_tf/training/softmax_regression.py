# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Train a new linear classifier alone, on features of a frozen network: the first phase of the fine-tuning.

Features are centred, and scaled to unit spread by one factor for all, so that one learning rate suits every network.
Each neuron keeps its share of the spread, so that uninformative neurons do not get large weights, which would harm the
importances.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.numerics import constants
from niwt_tf.training import epochs as epochs_lib
from niwt_tf.training import losses
from niwt_tf.util import progress, training_log

_EPOCHS_IN_A_CHECKPOINT = 10


def fit(
    features: np.ndarray,
    labels: np.ndarray,
    classes: int,
    held_out: np.ndarray,
    config: config_lib.BackboneConfig,
    seed: int,
    checkpoints: Path,
    log: training_log.Log = training_log.no_log,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit the kernel `[D,C]` and bias `[C]` float32 of the logits o = phi W + b.

    An interrupted call continues after the last checkpoint, with the same batches as without the interruption.

    Args:
      features: Features phi `[N,D]` of the training images.
      labels: Labels `[N]`, from 0 to C - 1.
      classes: Number of classes, `C`.
      held_out: Mask `[N]` bool of held-out images; with patience they decide when to stop.
      config: Settings of the training.
      seed: Seed of the order of the images and of dropout.
      checkpoints: Folder used for this training alone.
      log: Log for each epoch's loss and accuracy.

    Raises:
      errors.DivergedError: If the loss is not finite.
    """
    center, spread = _scaling(features[~held_out])
    dense = keras.layers.Dense(classes, kernel_initializer="zeros", name="classifier")
    dense.build((None, features.shape[1]))
    problem = _Problem(tf.constant((features - center) / spread), tf.constant(labels, tf.int64), dense, config)
    _train(problem, held_out, seed, checkpoints, log)
    kernel, bias = dense.get_weights()
    return kernel / spread, bias - center @ kernel / spread


@dataclasses.dataclass(frozen=True)
class _Problem:
    """Loss of `dense` on `inputs [N,D]` with their `labels [N]`, to be minimised."""

    inputs: tf.Tensor
    labels: tf.Tensor
    dense: keras.layers.Dense
    config: config_lib.BackboneConfig

    def loss_and_accuracy(self, rows: tf.Tensor, dropout_seed: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        """Compute the mean loss and accuracy of the images at `rows`, with dropout if a seed is given."""
        inputs, labels = tf.gather(self.inputs, rows), tf.gather(self.labels, rows)
        if dropout_seed is not None:
            inputs = tf.nn.experimental.stateless_dropout(inputs, self.config.dropout, dropout_seed)
        return losses.loss_and_accuracy(self.dense(inputs), labels, 0.0)  # smoothing makes the weights less informative

    def penalty(self) -> tf.Tensor:
        """Compute the penalty on the length of the weights."""
        return self.config.classifier_penalty * tf.nn.l2_loss(self.dense.kernel)


def _scaling(features: np.ndarray) -> tuple[np.ndarray, np.float32]:
    """Compute the mean `[D]` and the common spread of all features."""
    center = features.mean(0)
    return center, np.float32(max(np.sqrt(np.mean((features - center) ** 2)), constants.LEAST_DIVISOR))


def _train(problem: _Problem, held_out: np.ndarray, seed: int, checkpoints: Path, log: training_log.Log) -> None:
    rows, held_out_rows, config = np.flatnonzero(~held_out), np.flatnonzero(held_out), problem.config
    steps = -(-len(rows) // config.batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(config.classifier_learning_rate, config.classifier_epochs * steps)
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build(problem.dense.trainable_variables)
    parts = {"classifier": problem.dense, "optimizer": optimizer}
    epochs = epochs_lib.Epochs(
        config.classifier_epochs, config.patience, checkpoints, parts, problem.dense.weights, _EPOCHS_IN_A_CHECKPOINT
    )
    one_epoch = _make_epoch(problem, optimizer, steps)
    with progress.bar(None, "classifier", config.classifier_epochs, "epoch", initial=epochs.done) as bar:
        while epochs.remain:
            order = np.random.default_rng([seed, epochs.done, 0xC1A]).permutation(rows)
            values = one_epoch(tf.constant(order), tf.constant([seed, epochs.done * steps])).numpy()
            _require_finite(values[0], epochs.done + 1)
            held_out_values = problem.loss_and_accuracy(held_out_rows) if config.patience else None
            epochs.finish(values, held_out_values, log)
            bar.update()
    epochs.restore_best()


def _make_epoch(
    problem: _Problem, optimizer: keras.Optimizer, steps: int
) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    variables, size = problem.dense.trainable_variables, problem.config.batch_size

    @tf.function
    def epoch(order: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        totals = tf.zeros(2)
        for step in tf.range(steps):
            with tf.GradientTape() as tape:
                loss, hits = problem.loss_and_accuracy(order[step * size : (step + 1) * size], seed + [0, step])
                penalised = loss + problem.penalty()
            optimizer.apply_gradients(zip(tape.gradient(penalised, variables), variables, strict=True))
            totals += tf.stack([loss, hits])
        return totals / tf.cast(steps, tf.float32)

    return epoch


def _require_finite(loss: float, epoch: int) -> None:
    if not np.isfinite(loss):
        raise errors.DivergedError(
            f"`loss` must be a finite number. Received: {loss} in epoch {epoch} of the training of the classifier. "
            f"Lower {errors.setting('classifier_learning_rate')}."
        )
