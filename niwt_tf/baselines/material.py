# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What baselines are compared on: training images, classes that play unseen, and test images, all as features."""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf.baselines import method


@dataclasses.dataclass(frozen=True)
class Images:
    """Images as features.

    Attributes:
      features: `[N,D]` float32.
      labels: `[N]`, the seen classes first.
    """

    features: np.ndarray
    labels: np.ndarray


@dataclasses.dataclass(frozen=True)
class Trial:
    """A rehearsal: some seen classes play unseen.

    Attributes:
      problem: of the classes that stay seen, and of those that play unseen after them.
      seen: held-out images of classes that stay seen.
      unseen: images of classes that play unseen.
    """

    problem: method.Problem
    seen: Images
    unseen: Images


@dataclasses.dataclass(frozen=True)
class Material:
    """All of it.

    Attributes:
      problem: of all seen classes and the unseen ones.
      trials: rehearsals, on which settings and gamma are chosen.
      seen: test images of seen classes.
      unseen: test images of unseen classes, perhaps none.
      imageless: the labels of unseen classes without a test image.
      classifier: how the oracle is trained.
      rehearsed: how settings are chosen, a member of `rehearsal.WAYS`.
    """

    problem: method.Problem
    trials: tuple[Trial, ...]
    seen: Images
    unseen: Images
    imageless: tuple[int, ...] = ()
    classifier: config_lib.BackboneConfig = config_lib.BackboneConfig()
    rehearsed: str = "groups"
