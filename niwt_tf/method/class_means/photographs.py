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
      within: Variance in each direction of the basis.
      beyond: Variance in each direction that is orthogonal to it.
      noise: Variance of an image about the mean of its class.
    """

    basis: np.ndarray
    within: float
    beyond: float
    noise: float

    def gains(self, photographs: int) -> tuple[float, float]:
        """Weights of the photographs' mean, within the basis and beyond it; 0..1."""
        spread = self.noise / photographs if photographs else np.inf
        return self.within / (self.within + spread), self.beyond / (self.beyond + spread)

    def posterior(self, prior: np.ndarray, photographs: np.ndarray) -> np.ndarray:
        """Compute the mean `[D]` of a class.

        Args:
          prior: Predicted mean `[D]`, whitened.
          photographs: Whitened features `[P,D]` of its photographs; without any, the prior stays.
        """
        if not len(photographs):
            return prior
        within, beyond = self.gains(len(photographs))
        difference = photographs.mean(0) - prior
        inside = (difference @ self.basis.T) @ self.basis
        return prior + within * inside + beyond * (difference - inside)


def fit(statistics: statistics_lib.ClassStatistics, left_out: np.ndarray) -> PriorDoubt:
    """Estimate the doubt from the known classes, each predicted from the others.

    Args:
      statistics: Statistics of the known classes.
      left_out: Coefficients `[C,C]` of the known means in the mean predicted for each known class; 0 for itself.
    """
    means = statistics.means
    classes, size = means.shape
    errors = ((means - left_out @ means) ** 2).sum(1)
    beyond = np.minimum(_altitudes(means), errors)
    own_noise = statistics.noise / statistics.counts.clip(1)
    inside, outside = max(classes - 2, 1), max(size - classes + 2, 1)
    least = _LEAST_SHARE * statistics.noise
    return PriorDoubt(
        _basis(means),
        max(float(((errors - beyond) / inside - own_noise).mean()), least),
        max(float((beyond / outside - own_noise).mean()), least),
        statistics.noise,
    )


def _basis(means: np.ndarray) -> np.ndarray:
    _, lengths, directions = np.linalg.svd(means, full_matrices=False)
    return directions[lengths > 1e-6 * max(lengths[0], constants.LEAST_DIVISOR)]


def _altitudes(means: np.ndarray) -> np.ndarray:
    """Compute the squared distance `[C]` of each mean from the plane through the others: altitudes of a simplex."""
    gram = means @ means.T  # of means about their center
    return 1 / np.maximum(np.diag(np.linalg.pinv(gram, hermitian=True)), constants.LEAST_DIVISOR)
