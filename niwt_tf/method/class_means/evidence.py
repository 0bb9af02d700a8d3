# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Images of known classes on which it is estimated what new classes take from them."""

from __future__ import annotations

import dataclasses
from typing import Protocol

import numpy as np

from niwt_tf.method.class_means import statistics as statistics_lib


class LabelledFeatures(Protocol):
    """Features `[n,D]` of images, and their known classes `[n]`."""

    @property
    def features(self) -> np.ndarray:
        """Features `[n,D]`."""

    @property
    def labels(self) -> np.ndarray:
        """Known classes `[n]`."""


@dataclasses.dataclass(frozen=True)
class Evidence:
    """Images of known classes, scored by class means as if these had not been fitted to them.

    Attributes:
      statistics: Statistics of the known classes.
      labels: Known classes `[n]` of the images.
      known: Scores `[n,C]` for the known classes.
      white: Whitened features `[n,D]`, which deviate from the class means as far as those of new images do.
      constants: Numbers `[C]` that the classifier adds to the known classes' scores by means.
      is_left_out: True if the images are those of the statistics, and each is left out of them.
    """

    statistics: statistics_lib.ClassStatistics
    labels: np.ndarray
    known: np.ndarray
    white: np.ndarray
    constants: np.ndarray
    is_left_out: bool

    @property
    def constant(self) -> float:
        """Number that is added to the scores of new classes."""
        return float(self.constants.mean())

    def new(self, means: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        """Compute the scores `[n,U]` of new classes; arguments as of `ClassStatistics.left_out_scores`."""
        if self.is_left_out:
            return self.statistics.left_out_scores(means, coefficients) + self.constant
        return statistics_lib.scores(self.white, means) + self.constant


def left_out(statistics: statistics_lib.ClassStatistics, constants: np.ndarray) -> Evidence:
    """Take the images of the statistics, each left out of means and covariance.

    Args:
      statistics: Statistics of the known classes.
      constants: Numbers `[C]` that the classifier adds to the known classes' scores by means.
    """
    known = statistics.left_out_known + constants
    white = statistics.means[statistics.labels] + statistics.new_deviations
    return Evidence(statistics, statistics.labels, known, white, constants, is_left_out=True)


def fresh(
    statistics: statistics_lib.ClassStatistics, constants: np.ndarray, features: np.ndarray, labels: np.ndarray
) -> Evidence:
    """Take other images of known classes, to which nothing was fitted.

    Args:
      statistics: Statistics of the known classes.
      constants: Numbers `[C]` that the classifier adds to the known classes' scores by means.
      features: Features `[n,D]` of the images.
      labels: Their classes `[n]`.
    """
    white = statistics.whiten(features)
    known = statistics_lib.scores(white, statistics.means) + constants
    return Evidence(statistics, labels, known, white, constants, is_left_out=False)
