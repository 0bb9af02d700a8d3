# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 3 of the method in closed form: weights that have the predicted importances, as far as the map can be trusted.

With J `[D,K]` the mean of the head's Jacobian over images, weights w have the importances J^T w on average. For the
predicted importances a, compute the weights with the least

  (J^T w - a)^T E^-1 (J^T w - a) + lambda w^T S w,

where E is the covariance of the map's errors on held-out classes, and S that of features within classes. Directions in
which the map is uncertain, and those in which features vary most, are thus held back. If lambda is 0, these are the
weights that vary least among all weights with the importances a.

  w = S^-1 J (lambda E + J^T S^-1 J)^-1 a

If there are as many features as neurons and the head is affine, lambda = 0 gives exactly the weights at which the
paper's descent ends.
"""

from __future__ import annotations

import dataclasses
import functools

import keras
import numpy as np
from scipy import linalg

from niwt_tf import errors
from niwt_tf.backbones import split_points
from niwt_tf.method import importance
from niwt_tf.numerics import discriminant, unit_vectors

FILE = "operator.npy"  # name of the operator's file in the stage's folder
_SHRINKAGE = 0.1  # of the covariance of the map's errors, which is estimated from few classes
_JITTER = 1e-9  # of the mean diagonal


@dataclasses.dataclass(frozen=True)
class ClosedFormTransfer:
    """Part of the closed form that depends on neither the map nor lambda.

    Attributes:
      responses: S^-1 J `[D,K]`.
      variances: J^T S^-1 J `[K,K]`.
    """

    responses: np.ndarray
    variances: np.ndarray

    def weight_operator(self, residuals: np.ndarray, lambda_: float) -> np.ndarray:
        """Compute the matrix from importances of length 1 to weights, `[D,K]` float32.

        Args:
          residuals: `[C,K]` errors of the map on held-out classes; without rows, the map is trusted fully.
          lambda_: Strength of the penalty, at least 0, in a unit that makes E as large as the importances of weights of
            unit variance.
        """
        neurons = len(self.variances)
        errors_of_map = _covariance(residuals, neurons)
        size = np.sum(self._inverse * errors_of_map) / neurons
        penalized = self.variances + (lambda_ / size * errors_of_map if size else 0)
        penalized = penalized + _JITTER * np.trace(penalized) / neurons * np.eye(neurons)
        return linalg.solve(penalized, self.responses.T, assume_a="pos").T.astype(np.float32)

    @functools.cached_property
    def _inverse(self) -> np.ndarray:
        return linalg.pinvh(self.variances)


def fit(
    head: keras.Model, activations: np.ndarray, features: np.ndarray, labels: np.ndarray, shrinkage: float
) -> ClosedFormTransfer:
    """Compute the part of the closed form that depends on neither the map nor lambda.

    Args:
      head: Network from activations `[N,H,W,K]` to features `[N,D]`.
      activations: `[n,H,W,K]` activations of any natural images except test images.
      features: `[N,D]` features of training images.
      labels: `[N]` class indices from 0 to C - 1, each at least once.
      shrinkage: Shrinkage of the features' covariance, see `discriminant.fit`.

    Raises:
      errors.DivergedError: If the Jacobian holds a number that is not finite.
    """
    means = discriminant.class_means(features, labels, int(labels.max()) + 1)
    jacobian = importance.mean_jacobian(head, _some_activations(head, activations))
    if not np.isfinite(jacobian).all():
        raise errors.DivergedError(
            "`jacobian` must be finite numbers. Received: some that are not, in the transfer in closed form. Check "
            f"that the network's activations are finite, and {errors.setting('transfer_source')}."
        )
    responses = discriminant.solve(features - means[labels], jacobian, shrinkage)
    return ClosedFormTransfer(responses, jacobian.T @ responses)


def solve(operator: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Compute weights `[D,U]` float32 for the importances `targets [U,K]`; only their direction counts.

    Args:
      operator: Matrix `[D,K]` from `ClosedFormTransfer.weight_operator`.
      targets: Importances that the weights should have.
    """
    return (operator @ unit_vectors.units(targets).T).astype(np.float32)


def _covariance(residuals: np.ndarray, neurons: int) -> np.ndarray:
    """Compute the shrunk covariance `[K,K]` of the map's errors `[C,K]`; zeros without any."""
    if not len(residuals):
        return np.zeros((neurons, neurons))
    raw = residuals.T.astype(np.float64) @ residuals / len(residuals)
    return (1 - _SHRINKAGE) * raw + _SHRINKAGE * np.trace(raw) / neurons * np.eye(neurons)


def _some_activations(head: keras.Model, activations: np.ndarray) -> np.ndarray:
    """Select the activations of some images, spread over all; of one image if all have the same Jacobian."""
    return importance.some_images(activations, 1 if split_points.is_affine(head) else importance.SHARED_IMAGES)
