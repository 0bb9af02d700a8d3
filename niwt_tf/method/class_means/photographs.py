# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The mean of a class from a few photographs, with the mean that its description predicts as prior.

Both are doubtful. A photograph deviates from the mean of its class as images of the known classes do. A prediction errs
as it does for known classes that are predicted from the others: more in the directions in which the known means differ
from one another than in all others, of which no description tells anything. So each of the two groups of directions has
a variance of its own. Without a description, the prior is the center of the known classes.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.method.class_means import statistics as statistics_lib
from niwt_tf.numerics import constants

_LEAST_SHARE = 1e-3  # of the variance of an image, below which no prediction is trusted


@dataclasses.dataclass(frozen=True)
class PriorDoubt:
    """Variance of a predicted mean's error in each whitened direction.

    Attributes:
      basis: Orthonormal basis `[r,D]` of the directions in which the known means differ.
      own: Unit vectors `[C,D]`: the direction of the basis that only one of the known means has, or 0 without one.
      within: Variance in each direction of the basis.
      beyond: Variance in each direction that is orthogonal to it.
      noise: Variance of an image about the mean of its class.
    """

    basis: np.ndarray
    own: np.ndarray
    within: float
    beyond: float
    noise: float

    def gains(self, photographs: int) -> tuple[float, float]:
        """Weights of the photographs' mean, within the basis and beyond it; 0..1."""
        spread = self.noise / photographs if photographs else np.inf
        return self.within / (self.within + spread), self.beyond / (self.beyond + spread)

    def without_own(self, errors: np.ndarray) -> np.ndarray:
        """Take from errors `[C,D]` of the known means their own directions, in which a new class resembles none."""
        return errors - (errors * self.own).sum(1, keepdims=True) * self.own

    def posterior(self, prior: np.ndarray, photographs: np.ndarray, left_out: int | None = None) -> np.ndarray:
        """Compute the mean `[D]` of a class.

        Args:
          prior: Predicted mean `[D]`, whitened.
          photographs: Whitened features `[P,D]` of its photographs; without any, the prior stays.
          left_out: Known class that plays the class, whose own direction is not known then; None for a new class.
        """
        if not len(photographs):
            return prior
        within, beyond = self.gains(len(photographs))
        difference = photographs.mean(0) - prior
        inside = (difference @ self.basis.T) @ self.basis
        if left_out is not None:
            inside = inside - (difference @ self.own[left_out]) * self.own[left_out]
        return prior + within * inside + beyond * (difference - inside)


def fit(statistics: statistics_lib.ClassStatistics, left_out: np.ndarray) -> PriorDoubt:
    """Estimate the doubt from the known classes, each predicted from the others.

    Args:
      statistics: Statistics of the known classes.
      left_out: Coefficients `[C,C]` of the known means in the mean predicted for each known class; 0 for itself.
    """
    means = statistics.means
    basis, own, altitudes = _simplex(means)
    inside = np.maximum(len(basis) - (altitudes > 0), 0)  # directions in the plane through the others
    errors = ((means - left_out @ means) ** 2).sum(1)
    outer = np.minimum(altitudes, errors)
    own_noise = statistics.noise / statistics.counts.clip(1)
    least = _LEAST_SHARE * max(statistics.noise, constants.LEAST_DIVISOR)
    beyond = _variance(outer, means.shape[1] - inside, own_noise, least)
    within = _variance(errors - outer, inside, own_noise, least) if inside.any() else beyond
    return PriorDoubt(basis, own, within, beyond, statistics.noise)


def _variance(squares: np.ndarray, directions: np.ndarray, own_noise: np.ndarray, least: float) -> float:
    """Compute the mean variance of errors in a direction, from their `squares [C]` in a number of `directions [C]`."""
    some = directions > 0
    if not some.any():
        return least
    return max(float((squares[some] / directions[some] - own_noise[some]).mean()), least)


def _simplex(means: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute a basis `[r,D]` of `means [C,D]` about their center, and how each differs from the others.

    That is the unit normal `[C,D]` of the plane through the others, and the squared distance `[C]` from it: an altitude
    of the simplex of all. Both are 0 where the others suffice to tell the mean, as they do if there are more of them
    than directions.
    """
    shares, lengths, directions = np.linalg.svd(means, full_matrices=False)
    some = lengths > 1e-6 * max(lengths[0], constants.LEAST_DIVISOR)
    shares = shares[:, some]
    is_told = (shares**2).sum(1) < 1 - 1 / len(means) - 1e-6
    inverse = shares / lengths[some]  # the pseudo-inverse of the means, in the basis
    inverses = np.maximum((inverse**2).sum(1), constants.LEAST_DIVISOR)
    normals = np.where(is_told[:, None], 0.0, inverse / np.sqrt(inverses)[:, None]) @ directions[some]
    return directions[some], normals, np.where(is_told, 0.0, 1 / inverses)
