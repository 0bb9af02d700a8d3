# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 3 of the method in closed form: weights that cause what words ask for, as far as the map is to be trusted.

With J `[D,K]` the mean of the head's Jacobian over images, weights w cause the importances J^T w on average. Asked for
a, these are the weights with the least

  (J^T w - a)^T E^-1 (J^T w - a) + lambda w^T S w,

where E is the covariance of the map's errors on held-out classes, and S that of features within classes: what the map
is unsure of, and what varies most, is held back. With lambda 0, of all weights that cause a, the ones that vary least.

  w = S^-1 J (lambda E + J^T S^-1 J)^-1 a

Where features are as many as neurons and the head is affine, lambda = 0 gives the very weights that the paper's descent
ends at.
"""

from __future__ import annotations

import dataclasses
import functools

import keras
import numpy as np
from scipy import linalg

from niwt_tf import errors
from niwt_tf.backbones import cut
from niwt_tf.method import importance
from niwt_tf.numerics import discriminant, unit_vectors

FILE = "operator.npy"  # where the stage leaves it
_IMAGES = 32  # whose Jacobians are averaged
_SHRINKAGE = 0.1  # of the covariance of the map's errors, which few classes tell
_JITTER = 1e-9  # of the mean diagonal


@dataclasses.dataclass(frozen=True)
class Reach:
    """What weights can do to importances.

    Attributes:
      responses: S^-1 J `[D,K]`.
      variances: J^T S^-1 J `[K,K]`.
    """

    responses: np.ndarray
    variances: np.ndarray

    def operator(self, residuals: np.ndarray, lambda_: float) -> np.ndarray:
        """Returns what turns importances of length 1 into weights, `[D,K]` float32.

        Args:
          residuals: the map's errors on held-out classes, `[C,K]`; without rows it is trusted wholly.
          lambda_: at least 0, in a unit that leaves E as large as the importances that weights of unit variance cause.
        """
        neurons = len(self.variances)
        missed = (
            residuals.T.astype(np.float64) @ residuals / len(residuals) if len(residuals) else np.zeros(2 * (neurons,))
        )
        missed = (1 - _SHRINKAGE) * missed + _SHRINKAGE * np.trace(missed) / neurons * np.eye(neurons)
        size = np.sum(self._inverse * missed) / neurons
        held_back = self.variances + (lambda_ / size * missed if size else 0)
        held_back = held_back + _JITTER * np.trace(held_back) / neurons * np.eye(neurons)
        return linalg.solve(held_back, self.responses.T, assume_a="pos").T.astype(np.float32)

    @functools.cached_property
    def _inverse(self) -> np.ndarray:
        return linalg.pinvh(self.variances)


def reach(
    head: keras.Model, activations: np.ndarray, features: np.ndarray, labels: np.ndarray, shrinkage: float
) -> Reach:
    """Returns what weights can do to importances.

    Args:
      head: activations `[N,H,W,K]` -> features `[N,D]`.
      activations: `[n,H,W,K]`, of any natural images but test images.
      features: of training images, `[N,D]`.
      labels: `[N]`, from 0 to C - 1, each of them at least once.
      shrinkage: of the features' covariance, see `discriminant.fit`.

    Raises:
      errors.DivergedError: if features move with neurons by what is no finite number.
    """
    means = discriminant.class_means(features, labels, int(labels.max()) + 1)
    jacobian = importance.mean_jacobian(head, _some(head, activations))
    if not np.isfinite(jacobian).all():
        raise errors.DivergedError(
            "`jacobian` must be finite numbers. Received: some that are not, in the transfer in closed form. Check "
            "that the network's activations are finite, and --transfer_source."
        )
    responses = discriminant.solve(features - means[labels], jacobian, shrinkage)
    return Reach(responses, jacobian.T @ responses)


def weights(operator: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Returns weights `[D,U]` float32 for the importances `targets [U,K]`, of which only the direction counts.

    Args:
      operator: `[D,K]`, of `Reach.operator`.
      targets: what is asked for.
    """
    return (operator @ unit_vectors.units(targets).T).astype(np.float32)


def _some(head: keras.Model, activations: np.ndarray) -> np.ndarray:
    """Returns the activations of some images, spread over all; of one where all have the same Jacobian."""
    count = 1 if cut.is_affine(head) else min(_IMAGES, len(activations))
    return activations[np.linspace(0, len(activations) - 1, count).astype(int)]
