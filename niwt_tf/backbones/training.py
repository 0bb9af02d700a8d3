# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Trains a backbone and a linear classifier on the seen classes, with a checkpoint after every epoch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
import tqdm

from niwt_tf import config as config_lib
from niwt_tf import errors, inspect, progress
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier
from niwt_tf.data import zero_shot

Step = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def train(
    backbone: backbone_lib.Backbone,
    split: zero_shot.Split,
    class_names: tuple[str, ...],
    config: config_lib.BackboneConfig,
    seed: int,
    checkpoints: Path,
    jit_compile: bool = False,
    log: inspect.Log = inspect.no_log,
) -> classifier.Classifier:
    """Returns `backbone`, trained in place, with a classifier of the classes that `split` shows.

    A call that was cut short goes on after the last epoch in `checkpoints`, with the same batches as if it had not
    been: they depend on the seed and the epoch alone.

    Args:
      backbone: a freshly built network.
      split: training images, labelled by index into `class_names`.
      class_names: the `C` seen classes.
      config: how long and how.
      seed: starts the initial weights, the order of the images, dropout and flips.
      checkpoints: a folder for this training alone.
      jit_compile: compiles the step with XLA.
      log: takes each epoch's loss and accuracy.

    Raises:
      errors.DivergedError: if the loss is no finite number.
    """
    network, dense = backbone.network, _classifier_layer(backbone.feature_size, len(class_names), seed)
    variables = network.trainable_variables + dense.trainable_variables
    steps = -(-len(split) // config.batch_size)
    learning_rate = 3e-3 if config.learning_rate is None else config.learning_rate
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(learning_rate, config.epochs * steps),
        weight_decay=config.weight_decay,
    )
    optimizer.build(variables)
    step = _make_step(network, dense, optimizer, config, jit_compile)
    epoch = tf.Variable(0, dtype=tf.int64)
    state = tf.train.Checkpoint(network=network, classifier=dense, optimizer=optimizer, epoch=epoch)
    manager = tf.train.CheckpointManager(state, str(checkpoints), max_to_keep=1)
    manager.restore_or_initialize()
    if int(epoch):
        progress.say(f"  resuming after epoch {int(epoch)} of {config.epochs}")
    with progress.bar(None, "training", config.epochs * steps, initial=int(epoch) * steps) as bar:
        while int(epoch) < config.epochs:
            loss, accuracy = _epoch(step, split, config, seed, int(epoch), steps, bar)
            epoch.assign_add(1)
            log(int(epoch), loss=loss, accuracy=accuracy)
            manager.save()
    kernel, bias = dense.get_weights()
    return classifier.Classifier(backbone, kernel, bias, class_names)


def _classifier_layer(features: int, classes: int, seed: int) -> keras.layers.Dense:
    layer = keras.layers.Dense(classes, kernel_initializer=keras.initializers.GlorotUniform(seed), name="classifier")
    layer.build((None, features))
    return layer


def _make_step(
    network: keras.Model,
    dense: keras.layers.Dense,
    optimizer: keras.Optimizer,
    config: config_lib.BackboneConfig,
    jit_compile: bool,
) -> Step:
    cross_entropy = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=config.label_smoothing)
    variables = network.trainable_variables + dense.trainable_variables

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def step(images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        flip_seed, dropout_seed = tf.unstack(tf.random.split(seed))
        flipped = tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], flip_seed) < 0.5
        images = tf.where(flipped, images[:, :, ::-1], images)
        with tf.GradientTape() as tape:
            features = network(images, training=True)
            logits = dense(tf.nn.experimental.stateless_dropout(features, config.dropout, dropout_seed))
            loss = cross_entropy(tf.one_hot(labels, dense.units), logits)
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        hits = tf.reduce_mean(tf.cast(tf.argmax(logits, -1) == labels, tf.float32))
        return tf.stack([loss, hits])

    return step


def _epoch(
    step: Step,
    split: zero_shot.Split,
    config: config_lib.BackboneConfig,
    seed: int,
    epoch: int,
    steps: int,
    bar: tqdm.tqdm[None],
) -> tuple[float, float]:
    """Returns the mean loss and accuracy of one pass over `split`."""
    batches = split.batches(config.batch_size, shuffle_seed=(seed + 1_000_003 * epoch) % 2**31)
    totals = np.zeros(2)
    for number, (images, labels) in enumerate(batches):
        loss, accuracy = step(images, labels, tf.constant([seed, epoch * steps + number])).numpy()
        if not np.isfinite(loss):
            raise errors.DivergedError(
                f"`loss` must be a finite number. Received: {loss} in epoch {epoch + 1}, step {number + 1} of the "
                "backbone's training. Lower --learning_rate; the epochs before this one are kept."
            )
        totals += loss, accuracy
        bar.set_postfix(epoch=epoch + 1, loss=f"{loss:.3f}", accuracy=f"{accuracy:.2f}", refresh=False)
        bar.update()
    return float(totals[0] / steps), float(totals[1] / steps)
