# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""One step in the training of a network with its classifier."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf.training import augmentation, losses

Step = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
Judge = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


@dataclasses.dataclass(frozen=True)
class Model:
    """A network in training with its classifier, optimizer and settings.

    Attributes:
      network: Model from images `[N,S,S,3]` uint8 to features `[N,D]`.
      dense: Layer from features to logits `[N,C]`.
      variables: Variables that a step changes.
      optimizer: Optimizer built for `variables`.
      config: Settings, of which dropout and label smoothing are used.
      is_trained: True if the network comes with weights. It then runs in inference mode, so that its batch norms keep
        their statistics, and images are shifted, too.
    """

    network: keras.Model
    dense: keras.layers.Dense
    variables: list[keras.Variable]
    optimizer: keras.Optimizer
    config: config_lib.BackboneConfig
    is_trained: bool


def training(model: Model, jit_compile: bool) -> Step:
    """Build the step: images `[B,S,S,3]` uint8, labels `[B]` and a seed `[2]` -> their loss and accuracy `[2]`."""
    config = model.config

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def step(images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        flip_seed, dropout_seed = tf.unstack(tf.random.split(seed))
        images = augmentation.flip(images, flip_seed)
        if model.is_trained:
            images = augmentation.shift(images, flip_seed)
        with tf.GradientTape() as tape:
            features = tf.cast(model.network(images, training=not model.is_trained), tf.float32)
            logits = model.dense(tf.nn.experimental.stateless_dropout(features, config.dropout, dropout_seed))
            loss, accuracy = losses.loss_and_accuracy(logits, labels, config.label_smoothing)
            scaled = model.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, model.variables)
        model.optimizer.apply_gradients(zip(gradients, model.variables, strict=True))
        return tf.stack([loss, accuracy])

    return step


def judging(model: Model, jit_compile: bool) -> Judge:
    """Build the evaluation, which changes nothing: images `[B,S,S,3]`, labels `[B]` -> loss and accuracy `[2]`."""

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def judge(images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        logits = model.dense(tf.cast(model.network(images, training=False), tf.float32))
        return tf.stack(losses.loss_and_accuracy(logits, labels, model.config.label_smoothing))

    return judge
