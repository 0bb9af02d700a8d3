# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Define what baselines are compared on: training images, validation splits and test images, all as features."""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf.baselines import method


@dataclasses.dataclass(frozen=True)
class Images:
    """Images as features.

    Attributes:
      features: `[N,D]` float32 features.
      labels: `[N]` class indices, the seen classes first.
    """

    features: np.ndarray
    labels: np.ndarray


@dataclasses.dataclass(frozen=True)
class Trial:
    """Validation split, in which some seen classes are pseudo-unseen.

    Attributes:
      problem: Problem of the classes that stay seen, and after them the pseudo-unseen classes.
      seen: Held-out images of the classes that stay seen.
      unseen: Images of the pseudo-unseen classes.
    """

    problem: method.Problem
    seen: Images
    unseen: Images


@dataclasses.dataclass(frozen=True)
class Material:
    """Data of a comparison.

    Attributes:
      problem: Problem of all seen classes, and after them the unseen classes.
      trials: Validation splits, on which settings and gamma are chosen.
      seen: Test images of seen classes.
      unseen: Test images of unseen classes; there may be none.
      imageless: Labels of unseen classes without a test image.
      classifier: Settings with which the oracle is trained.
      rehearsed: Method of choosing settings, a member of `validation.PROTOCOLS`.
    """

    problem: method.Problem
    trials: tuple[Trial, ...]
    seen: Images
    unseen: Images
    imageless: tuple[int, ...] = ()
    classifier: config_lib.BackboneConfig = config_lib.BackboneConfig()
    rehearsed: str = "groups"
