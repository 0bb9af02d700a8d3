# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Training of a network on the seen classes: first a new classifier on its features, then the whole network.

With `--classifier=discriminant`, the last layer of a fully trained network is fitted again: the weights of the softmax
classifier that it was trained with transfer less well to unseen classes.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import features as features_lib
from niwt_tf.data import zero_shot
from niwt_tf.numerics import discriminant
from niwt_tf.training import full_training, softmax_regression
from niwt_tf.util import training_log

_HELD_OUT_SHARE = 0.1


def finetune(
    start: backbone_lib.InitialNetwork,
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
    """Train the network of `start` in place as `config` says, with a classifier of the seen classes.

    An interrupted call continues from what it left in `folder`.

    Args:
      start: Network before the training.
      split: Training images, labelled by index into `class_names`.
      class_names: Names of the `C` seen classes.
      config: Settings of the training.
      seed: Seed of every random number.
      folder: Folder that keeps features and checkpoints.
      jit_compile: True to compile with XLA what runs the network.
      log: Log that takes each epoch's loss and accuracy.
      columns: Mask `[n]` bool of the classes of the network's own classifier that are the `C`; all by default.
      mixed_precision: True to train the network in float16.

    Raises:
      errors.UserError: If the network or the images cannot be used as `config` requires.
      errors.DivergedError: If a loss or a feature is not finite.
    """
    check(start, config)
    kind = what(start, config)
    if kind == "none":
        columns = np.ones(len(class_names), bool) if columns is None else columns
        kernel, bias = _columns(_own_classifier(start, config), columns)
        return classifier_lib.Classifier(start.backbone, kernel, bias, class_names)
    held_out = _held_out(split.labels, config.patience, seed)
    initial = None
    if kind == "classifier" or start.is_trained:
        network, kept = start.backbone.network, folder / "classifier"
        features = features_lib.compute(network, split, config.batch_size, kept, jit_compile)
        initial = _new_classifier(features, split.labels, len(class_names), held_out, config, seed, kept, log)
        if kind == "classifier":
            return classifier_lib.Classifier(start.backbone, *initial, class_names)
    trained, watched = split, None
    if config.patience:
        same = np.arange(len(class_names))
        trained, watched = split.subset(~held_out, same), split.subset(held_out, same)
    checkpoints = folder / "checkpoints"
    classifier = full_training.train(
        start.backbone,
        trained,
        class_names,
        config,
        seed,
        checkpoints,
        jit_compile,
        log,
        watched,
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
    checkpoints = folder / "checkpoints"
    return softmax_regression.fit(features, labels, classes, held_out, config, seed, checkpoints, _of_classifier(log))


def what(start: backbone_lib.InitialNetwork, config: config_lib.BackboneConfig) -> str:
    """Choose what is trained: none, classifier (only a new classifier), or full."""
    if config.finetune != "auto":
        return config.finetune
    return "classifier" if start.is_trained else "full"


def check(start: backbone_lib.InitialNetwork, config: config_lib.BackboneConfig) -> None:
    """Check, before any image is read, that the network can be trained as `config` requires.

    Raises:
      errors.UserError: If it cannot.
    """
    kind = what(start, config)
    if kind == "none":
        _own_classifier(start, config)
    if config.finetune_from and kind != "full":
        raise errors.UserError(
            f"`{errors.setting('finetune_from')}` must be with {errors.setting('finetune', 'full')}. Received: "
            f"{errors.setting('finetune_from', config.finetune_from)} with "
            f"{errors.setting('finetune', config.finetune)}, which trains no layer of the network. Add "
            f"{errors.setting('finetune', 'full')}."
        )
    if kind == "full":
        full_training.trainable(start.backbone.network, config.finetune_from)


def _own_classifier(
    start: backbone_lib.InitialNetwork, config: config_lib.BackboneConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Return the kernel and bias of the classifier that came with the network."""
    if start.kernel is None or start.bias is None:
        raise errors.UserError(
            f"`{errors.setting('finetune')}` must train a classifier where the network has none of its own that can "
            f"be taken. Received: {errors.setting('finetune', 'none')} with "
            f"{errors.setting('backbone', config.backbone)}, which {start.why_none}. Take "
            f"{errors.setting('finetune', 'classifier')}, which trains a new one."
        )
    return start.kernel, start.bias


def _columns(own: tuple[np.ndarray, np.ndarray], columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Select the kernel and bias of those classes of `own` for which `columns` is true."""
    kernel, bias = own
    if len(bias) != len(columns):
        raise errors.UserError(
            f"`{errors.setting('finetune', 'none')}` must be with a network whose own classifier has one class for "
            f"each seen class, in the order of their names. Received: {len(bias)} classes of the network, "
            f"{len(columns)} seen classes of the dataset. Take {errors.setting('finetune', 'classifier')}, which "
            "trains a new one."
        )
    return kernel[:, columns].astype(np.float32), bias[columns].astype(np.float32)


def _held_out(labels: np.ndarray, patience: int, seed: int) -> np.ndarray:
    """Choose the images `[N]` bool that only decide when to stop: a tenth of each class that has two or more."""
    if not patience:
        return np.zeros(len(labels), bool)
    held_out = zero_shot.hold_out(labels, seed, _HELD_OUT_SHARE) & (np.bincount(labels)[labels] > 1)
    if not held_out.any():
        raise errors.UserError(
            f"`{errors.setting('patience')}` must be with classes of two images or more. Received: "
            f"{errors.setting('patience', patience)} with one training image of each class. Leave "
            f"{errors.setting('patience')} out."
        )
    return held_out


def _of_classifier(log: training_log.Log) -> training_log.Log:
    """Build a log for the first phase, whose tags differ from those of the second."""
    return lambda step, **values: log(step, **{f"classifier_{name}": value for name, value in values.items()})
