# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Train a network on the seen classes: first a new classifier on its features, then the whole network.

With the discriminant classifier, the last layer of a fully trained network is fitted again: the weights of the softmax
classifier that it was trained with transfer less well to unseen classes.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors, workdir
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import features as features_lib
from niwt_tf.data import zero_shot
from niwt_tf.numerics import discriminant
from niwt_tf.training import full_training, softmax_regression
from niwt_tf.util import training_log

_HELD_OUT_SHARE = 0.1


def finetune(
    initial_network: backbone_lib.InitialNetwork,
    split: zero_shot.Split,
    class_names: tuple[str, ...],
    config: config_lib.BackboneConfig,
    seed: int,
    folder: Path,
    jit_compile: bool = False,
    log: training_log.Log = training_log.no_log,
    columns: np.ndarray | None = None,
    mixed_precision: bool = False,
) -> classifier_lib.Classifier:
    """Train a network in place, with a classifier of the seen classes.

    An interrupted call continues with the features and checkpoints in `folder`.

    Args:
      initial_network: Network before the training.
      split: Training images, labelled by index into `class_names`.
      class_names: Names of the `C` seen classes.
      config: Settings of the training.
      seed: Seed of all random numbers.
      folder: Folder that keeps features and checkpoints.
      jit_compile: True to compile the network with XLA.
      log: Log that takes each epoch's loss and accuracy.
      columns: Mask bool of the network's own classes, `C` of which are true: the seen ones, in order; all by default.
      mixed_precision: True to train the network in float16.

    Raises:
      errors.UserError: If the network or the images cannot be used as `config` requires.
      errors.DivergedError: If a loss or a feature is not finite.
    """
    check(initial_network, config)
    mode = training_mode(initial_network, config)
    if mode == "none":
        columns = np.ones(len(class_names), bool) if columns is None else columns
        kernel, bias = _select_columns(_own_classifier(initial_network, config), columns)
        return classifier_lib.Classifier(initial_network.backbone, kernel, bias, class_names)
    held_out = _held_out(split.labels, config.patience, seed)
    initial = None
    if mode == "classifier" or initial_network.is_trained:
        network, subfolder = initial_network.backbone.network, folder / "classifier"
        features = features_lib.compute(network, split, config.batch_size, subfolder, jit_compile)
        initial = _new_classifier(features, split.labels, len(class_names), held_out, config, seed, subfolder, log)
        if mode == "classifier":
            return classifier_lib.Classifier(initial_network.backbone, *initial, class_names)
    training, validation = split, None
    if config.patience:
        classes = np.arange(len(class_names))
        training, validation = split.subset(~held_out, classes), split.subset(held_out, classes)
    checkpoints = folder / workdir.CHECKPOINTS
    classifier = full_training.train(
        initial_network.backbone,
        training,
        class_names,
        config,
        seed,
        checkpoints,
        jit_compile,
        log,
        validation,
        initial,
        mixed_precision,
    )
    if config.classifier == "softmax":
        return classifier
    network = classifier.backbone.network
    features = features_lib.compute(network, split, config.batch_size, folder / "trained", jit_compile)
    kernel, bias = discriminant.fit(features, split.labels, len(class_names), config.classifier_shrinkage)
    return dataclasses.replace(classifier, kernel=kernel, bias=bias)


def _new_classifier(
    features: np.ndarray,
    labels: np.ndarray,
    classes: int,
    held_out: np.ndarray,
    config: config_lib.BackboneConfig,
    seed: int,
    folder: Path,
    log: training_log.Log,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit the kernel and bias of the first phase."""
    if config.classifier == "discriminant":
        return discriminant.fit(features[~held_out], labels[~held_out], classes, config.classifier_shrinkage)
    checkpoints = folder / workdir.CHECKPOINTS
    return softmax_regression.fit(features, labels, classes, held_out, config, seed, checkpoints, _prefix_tags(log))


def training_mode(initial_network: backbone_lib.InitialNetwork, config: config_lib.BackboneConfig) -> str:
    """Choose the part to train: none, classifier (a new classifier alone), or full (the network, too)."""
    if config.finetune != "auto":
        return config.finetune
    return "classifier" if initial_network.is_trained else "full"


def check(initial_network: backbone_lib.InitialNetwork, config: config_lib.BackboneConfig) -> None:
    """Check, before any image is read, that the network can be trained as configured.

    Raises:
      errors.UserError: If it cannot.
    """
    mode = training_mode(initial_network, config)
    if mode == "none":
        _own_classifier(initial_network, config)
    if config.finetune_from and mode != "full":
        raise errors.UserError(
            f"`{errors.setting('finetune_from')}` requires {errors.setting('finetune', 'full')}. Received: "
            f"{errors.setting('finetune_from', config.finetune_from)} with "
            f"{errors.setting('finetune', config.finetune)}, which trains no layer of the network. Set "
            f"{errors.setting('finetune', 'full')}."
        )
    if mode == "full":
        full_training.trainable(initial_network.backbone.network, config.finetune_from)


def _own_classifier(
    initial_network: backbone_lib.InitialNetwork, config: config_lib.BackboneConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Return the kernel and bias of the classifier that came with the network."""
    if initial_network.kernel is None or initial_network.bias is None:
        raise errors.UserError(
            f"`{errors.setting('finetune', 'none')}` requires a network with a usable classifier of its own. "
            f"Received: {errors.setting('backbone', config.backbone)}, which {initial_network.why_none}. Use "
            f"{errors.setting('finetune', 'classifier')}, which trains a new classifier."
        )
    return initial_network.kernel, initial_network.bias


def _select_columns(classifier: tuple[np.ndarray, np.ndarray], columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Select the kernel and bias of the classes for which `columns` is true."""
    kernel, bias = classifier
    if len(bias) != len(columns):
        raise errors.UserError(
            f"`{errors.setting('finetune', 'none')}` requires a network whose own classifier has one class for "
            f"each seen class, in the order of their names. Received: {len(bias)} classes of the network, "
            f"{len(columns)} seen classes of the dataset. Use {errors.setting('finetune', 'classifier')}, which "
            "trains a new classifier."
        )
    return kernel[:, columns].astype(np.float32), bias[columns].astype(np.float32)


def _held_out(labels: np.ndarray, patience: int, seed: int) -> np.ndarray:
    """Hold out the images `[N]` bool that decide when to stop: a tenth of each class that has two or more."""
    if not patience:
        return np.zeros(len(labels), bool)
    held_out = zero_shot.hold_out(labels, seed, _HELD_OUT_SHARE) & (np.bincount(labels)[labels] > 1)
    if not held_out.any():
        raise errors.UserError(
            f"`{errors.setting('patience')}` must be 0 unless a class has two images or more, some of which are held "
            f"out. Received: {errors.setting('patience', patience)} with one training image of each class. Leave "
            f"{errors.setting('patience')} out, or add images."
        )
    return held_out


def _prefix_tags(log: training_log.Log) -> training_log.Log:
    """Build a log that marks its tags as those of the first phase."""
    return lambda step, **values: log(step, **{f"classifier_{name}": value for name, value in values.items()})
