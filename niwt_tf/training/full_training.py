# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Train a backbone and a linear classifier on the seen classes, with a checkpoint after every epoch."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
import tqdm

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier
from niwt_tf.data import zero_shot
from niwt_tf.training import epochs as epochs_lib
from niwt_tf.training import train_step as train_step_lib
from niwt_tf.util import devices, progress, training_log

_LEARNING_RATE, _TRAINED_LEARNING_RATE = 3e-3, 1e-5


def train(
    backbone: backbone_lib.Backbone,
    split: zero_shot.Split,
    class_names: tuple[str, ...],
    config: config_lib.BackboneConfig,
    seed: int,
    checkpoints: Path,
    jit_compile: bool = False,
    log: training_log.Log = training_log.no_log,
    held_out: zero_shot.Split | None = None,
    initial: tuple[np.ndarray, np.ndarray] | None = None,
    mixed_precision: bool = False,
) -> classifier.Classifier:
    """Train `backbone` in place, with a classifier of the classes in `class_names`.

    An interrupted call continues after the last epoch in `checkpoints`, with the same batches as without interruption:
    they depend only on the seed and the epoch.

    Args:
      backbone: Freshly built network.
      split: Training images, labelled by index into `class_names`.
      class_names: Names of the `C` seen classes.
      config: Settings of the training.
      seed: Seed of the initial weights, the order of the images, dropout, flips and shifts.
      checkpoints: Folder used for this training alone.
      jit_compile: True to compile the step with XLA.
      log: Log for each epoch's loss and accuracy.
      held_out: Images that decide when to stop and which epoch is best, and are not trained on; None trains all epochs.
      initial: Initial kernel `[D,C]` and bias `[C]` of the classifier. They make this a fine-tuning: the network runs
        in inference mode, so that its batch norms keep their statistics, and images are shifted as well as flipped.
      mixed_precision: True to compute in float16 in Keras' own layers; weights and the loss stay float32.

    Raises:
      errors.DivergedError: If the loss is not finite.
      errors.UserError: If the network has no layer `config.finetune_from`, or nothing to train.
    """
    network, dense = backbone.network, _classifier_layer(backbone.feature_size, len(class_names), seed)
    if initial is not None:
        dense.set_weights(initial)
    variables = trainable(network, config.finetune_from) + dense.trainable_variables
    steps = -(-len(split) // config.batch_size)
    optimizer = _optimizer(config, initial is not None, config.epochs * steps, mixed_precision)
    optimizer.build(variables)
    state = train_step_lib.TrainingState(network, dense, variables, optimizer, config, initial is not None)
    parts = {"network": network, "classifier": dense, "optimizer": optimizer}
    patience = config.patience if held_out else 0
    epochs = epochs_lib.Epochs(config.epochs, patience, checkpoints, parts, network.weights + dense.weights)
    bar = progress.bar(None, "training", config.epochs * steps, initial=epochs.done * steps)
    with bar, devices.half_precision(network, mixed_precision):
        train_step = train_step_lib.make_train_step(state, jit_compile)
        eval_step = train_step_lib.make_eval_step(state, jit_compile)
        while epochs.remain:
            values = _epoch(train_step, split, config, seed, epochs.done, steps, bar)
            epochs.finish(values, _evaluate(eval_step, held_out, config.batch_size) if held_out else None, log)
    epochs.restore_best()
    kernel, bias = dense.get_weights()
    return classifier.Classifier(backbone, kernel, bias, class_names)


def trainable(network: keras.Model, first_layer: str) -> list[keras.Variable]:
    """List the variables to train: those of a layer and of all layers after it, or of all layers.

    Args:
      network: Network to train.
      first_layer: Name of the first layer to train; all layers by default.

    Raises:
      errors.UserError: If there is no such layer, or nothing to train.
    """
    variables = _from_layer(network, first_layer) if first_layer else network.trainable_variables
    if not variables:
        received = (
            f"{errors.setting('finetune_from', first_layer)}, from which on it has none"
            if first_layer
            else "a network without variables"
        )
        raise errors.UserError(
            f"`{errors.setting('finetune', 'full')}` requires a network with variables to train. Received: "
            f"{received}. Use "
            f"{errors.setting('finetune', 'classifier')}{', or choose an earlier layer' if first_layer else ''}."
        )
    return variables


def _from_layer(network: keras.Model, first_layer: str) -> list[keras.Variable]:
    layers = network.layers[1:]  # the input layer cannot be trained
    names = [layer.name for layer in layers]
    if first_layer not in names:
        raise errors.unknown_value("finetune_from", first_layer, names)
    return [variable for layer in layers[names.index(first_layer) :] for variable in layer.trainable_variables]


def _classifier_layer(features: int, classes: int, seed: int) -> keras.layers.Dense:
    layer = keras.layers.Dense(classes, kernel_initializer=keras.initializers.GlorotUniform(seed), name="classifier")
    layer.build((None, features))
    return layer


def _optimizer(
    config: config_lib.BackboneConfig, is_trained: bool, steps: int, mixed_precision: bool
) -> keras.Optimizer:
    usual = _TRAINED_LEARNING_RATE if is_trained else _LEARNING_RATE
    learning_rate = usual if config.learning_rate is None else config.learning_rate
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay)
    return keras.optimizers.LossScaleOptimizer(optimizer) if mixed_precision else optimizer


def _epoch(
    train_step: train_step_lib.TrainStep,
    split: zero_shot.Split,
    config: config_lib.BackboneConfig,
    seed: int,
    epoch: int,
    steps: int,
    bar: tqdm.tqdm[None],
) -> tuple[float, float]:
    """Train on `split` once, and compute the mean loss and accuracy of the batches."""
    batches = split.batches(config.batch_size, shuffle_seed=(seed + 1_000_003 * epoch) % 2**31)
    totals = np.zeros(2)
    for number, (images, labels) in enumerate(batches):
        loss, accuracy = train_step(images, labels, tf.constant([seed, epoch * steps + number])).numpy()
        if not np.isfinite(loss):
            raise errors.DivergedError(
                f"`loss` must be a finite number. Received: {loss} in epoch {epoch + 1}, step {number + 1} of the "
                f"backbone's training. Lower {errors.setting('learning_rate')}; the epochs before this one are kept."
            )
        totals += loss, accuracy
        bar.set_postfix(epoch=epoch + 1, loss=f"{loss:.3f}", accuracy=f"{accuracy:.2f}", refresh=False)
        bar.update()
    return float(totals[0] / steps), float(totals[1] / steps)


def _evaluate(eval_step: train_step_lib.EvalStep, split: zero_shot.Split, batch_size: int) -> np.ndarray:
    """Compute the mean loss and accuracy on `split`."""
    totals = sum(eval_step(images, labels).numpy() * len(labels) for images, labels in split.batches(batch_size))
    return totals / len(split)
