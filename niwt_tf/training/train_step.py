# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Steps that train and evaluate a network with its classifier."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf.training import augmentation, losses

TrainStep = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
EvalStep = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


@dataclasses.dataclass(frozen=True)
class TrainingState:
    """A network in training, with its classifier, optimizer and settings.

    Attributes:
      network: Model from images `[N,S,S,3]` uint8 to features `[N,D]`.
      dense: Layer from features to logits `[N,C]`.
      variables: Variables to train.
      optimizer: Optimizer built for `variables`.
      config: Settings with the dropout rate and the label smoothing.
      is_trained: True if the network comes with weights. It then runs in inference mode, so that its batch norms keep
        their statistics, and images are shifted as well as flipped.
    """

    network: keras.Model
    dense: keras.layers.Dense
    variables: list[keras.Variable]
    optimizer: keras.Optimizer
    config: config_lib.BackboneConfig
    is_trained: bool


def make_train_step(state: TrainingState, jit_compile: bool) -> TrainStep:
    """Build the training step: images `[B,S,S,3]` uint8, labels `[B]`, seed `[2]` -> loss and accuracy `[2]`."""
    config = state.config

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def train_step(images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        flip_seed, dropout_seed = tf.unstack(tf.random.split(seed))
        images = augmentation.flip(images, flip_seed)
        if state.is_trained:
            images = augmentation.shift(images, flip_seed)
        with tf.GradientTape() as tape:
            features = tf.cast(state.network(images, training=not state.is_trained), tf.float32)
            logits = state.dense(tf.nn.experimental.stateless_dropout(features, config.dropout, dropout_seed))
            loss, accuracy = losses.loss_and_accuracy(logits, labels, config.label_smoothing)
            scaled = state.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, state.variables)
        state.optimizer.apply_gradients(zip(gradients, state.variables, strict=True))
        return tf.stack([loss, accuracy])

    return train_step


def make_eval_step(state: TrainingState, jit_compile: bool) -> EvalStep:
    """Build the evaluation step: images `[B,S,S,3]` uint8, labels `[B]` -> loss and accuracy `[2]`."""

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def eval_step(images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        logits = state.dense(tf.cast(state.network(images, training=False), tf.float32))
        return tf.stack(losses.loss_and_accuracy(logits, labels, state.config.label_smoothing))

    return eval_step
