# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Chooses lambda, scale, bias and gamma on seen classes that play unseen, before any test image is looked at.

The rehearsal is a whole run in small: its backbone is trained without the classes that play unseen, so that they are as
new to it as the truly unseen ones are to the final backbone.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from niwt_tf import calibration, evaluate
from niwt_tf import config as config_lib
from niwt_tf.backbones import classifier as classifier_lib


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the rehearsal chose.

    Attributes:
      lambda_: the pull towards the mean of the seen classes' weights.
      scale: the length of new weights, in mean lengths of seen ones; 0 keeps what the transfer gave.
      bias: a member of `config.BIASES`.
      kept_share: of the seen training images, how many gamma leaves with a seen class as their best guess, 0..1.
      harmonic_mean: what these settings reached on the classes that played unseen, 0..1.
    """

    lambda_: float
    scale: float
    bias: str
    kept_share: float
    harmonic_mean: float


@dataclasses.dataclass(frozen=True)
class Trial:
    """The images on which settings are compared, as features of the rehearsal's backbone.

    Attributes:
      train_features: `[T,D]` of training images.
      seen_features: `[N,D]` of held-out images of seen classes.
      seen_labels: `[N]`.
      unseen_features: `[n,D]` of images of the classes that play unseen.
      unseen_labels: `[n]`.
    """

    train_features: np.ndarray
    seen_features: np.ndarray
    seen_labels: np.ndarray
    unseen_features: np.ndarray
    unseen_labels: np.ndarray


def choose(
    trial: Trial,
    classifier: classifier_lib.Classifier,
    kernels: dict[float, np.ndarray],
    unseen: tuple[str, ...],
    config: config_lib.RehearsalConfig,
) -> Settings:
    """Returns the settings with the highest harmonic mean at their own best gamma.

    Args:
      trial: the images to compare on.
      classifier: of the classes that stay seen.
      kernels: lambda -> weights `[D,U]` of the classes that play unseen.
      unseen: their names.
      config: the scales and biases to try.
    """

    def settings(lambda_: float, scale: float, bias: str) -> Settings:
        extended = calibration.extend(classifier, kernels[lambda_], unseen, scale, bias, trial.train_features)
        seen_classes = len(classifier.class_names)
        curve = evaluate.curve(
            extended.logits(trial.seen_features),
            trial.seen_labels,
            extended.logits(trial.unseen_features),
            trial.unseen_labels,
            seen_classes,
        )
        gamma, harmonic_mean = curve.best_gamma()
        margins = calibration.margins(extended.logits(trial.train_features), seen_classes)
        return Settings(lambda_, scale, bias, calibration.kept_share(margins, gamma), harmonic_mean)

    tried = [settings(*values) for values in itertools.product(kernels, config.scales, config.biases)]
    return max(tried, key=lambda one: one.harmonic_mean)
