# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Data of a comparison: features of training images, validation splits and test images."""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf.baselines import method


@dataclasses.dataclass(frozen=True)
class LabelledFeatures:
    """Features of images, with their labels.

    Attributes:
      features: `[N,D]` float32 features.
      labels: `[N]` class indices, the seen classes first.
    """

    features: np.ndarray
    labels: np.ndarray


@dataclasses.dataclass(frozen=True)
class ValidationSplit:
    """Validation split, in which some seen classes are pseudo-unseen.

    Attributes:
      problem: Problem of the classes that stay seen, and after them the pseudo-unseen classes.
      seen: Held-out images of the classes that stay seen.
      unseen: Images of the pseudo-unseen classes.
    """

    problem: method.Problem
    seen: LabelledFeatures
    unseen: LabelledFeatures


@dataclasses.dataclass(frozen=True)
class FeatureDataset:
    """Data that baselines are fitted, tuned and tested on.

    Attributes:
      problem: Problem of all seen classes, and after them the unseen classes.
      validation_splits: Splits on which settings and gamma are chosen.
      seen: Test images of seen classes.
      unseen: Test images of unseen classes; there may be none.
      imageless: Labels of unseen classes without a test image.
      classifier: Settings with which the oracle is trained.
      protocol: Protocol of validation, a member of `validation.PROTOCOLS`.
    """

    problem: method.Problem
    validation_splits: tuple[ValidationSplit, ...]
    seen: LabelledFeatures
    unseen: LabelledFeatures
    imageless: tuple[int, ...] = ()
    classifier: config_lib.BackboneConfig = config_lib.BackboneConfig()
    protocol: str = "groups"
