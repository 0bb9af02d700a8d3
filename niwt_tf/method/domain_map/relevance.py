# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Automatic relevance determination: estimate from seen classes how relevant each number of a domain vector is.

An attribute or word that no neuron follows misleads a map that is fitted to a few dozen classes. Therefore each has a
variance of its own in the prior of a Bayesian linear map to the class prototypes. The variances are those that maximize
the likelihood of the prototypes: Wipf and Rao, "An empirical Bayesian strategy for solving the simultaneous sparse
approximation problem", IEEE Transactions on Signal Processing 55 (2007), by their EM steps. All variances start equal,
or with several blocks of numbers as `block_weights` says; after fewer steps they differ less.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from niwt_tf.numerics import constants, discriminant

_NOISE = 0.3  # share of the prototypes' variance that counts as unexplained in the first step
_LEAST_NOISE = 1e-8  # share of the explained variance: less is rounding, and makes the matrix singular
_LEAST_VARIANCE = 1e-12  # of the prior of a number that no neuron follows


def class_prototypes(features: np.ndarray, labels: np.ndarray, classes: int, shrinkage: float) -> np.ndarray:
    """Compute class prototypes `[C,D]`: centered class means of the features, whitened by the spread within classes.

    Each direction thus counts by how well it separates classes.

    Args:
      features: `[N,D]` features of training images.
      labels: `[N]` class indices from 0 to C - 1, each at least once.
      classes: Number `C` of classes.
      shrinkage: Shrinkage of the features' covariance, see `discriminant.fit`.
    """
    means = discriminant.class_means(features, labels, classes)
    within = discriminant.covariance(features - means[labels], shrinkage)
    return linalg.solve_triangular(linalg.cholesky(within, lower=True), (means - means.mean(0)).T, lower=True).T


def fit(inputs: np.ndarray, prototypes: np.ndarray, steps: int, start: np.ndarray | None = None) -> np.ndarray:
    """Estimate the relevance `[M]` of each number of the domain vectors, at least 0, with mean 1.

    With fewer than two classes, or if all have the same vector or the same prototype, nothing can be learned; all are
    1.

    Args:
      inputs: `[C,M]` domain vectors of the classes.
      prototypes: `[C,D]` prototypes of the classes.
      steps: Number of EM steps; after 0 the relevance is `start`.
      start: Relevance `[M]` to start from, see `block_weights`; all 1 by default.
    """
    if not (_differ(inputs) and _differ(prototypes)):
        return np.ones(inputs.shape[1])
    vectors, targets = _normalised(inputs), _rotated(_normalised(prototypes))
    relevance = np.ones(inputs.shape[1]) if start is None else start / _mean_square(vectors * np.sqrt(start))
    outputs, noise = prototypes.shape[1], _NOISE
    for _ in range(steps):
        relevance, noise = _step(vectors, targets, outputs, relevance, noise)
    return relevance / relevance.mean()


def _step(
    inputs: np.ndarray, targets: np.ndarray, outputs: int, relevance: np.ndarray, noise: float
) -> tuple[np.ndarray, float]:
    """Update relevance `[M]` and noise by one EM step, for T = X W + noise, where T has `outputs` numbers per class.

    Row m of W has the variance relevance[m] in each of these numbers.
    """
    explained = (inputs * relevance) @ inputs.T
    noise = max(noise, _LEAST_NOISE * max(1.0, float(np.trace(explained)) / len(inputs)))
    precision = np.linalg.inv(explained + noise * np.eye(len(inputs)))
    kernel = relevance[:, None] * (inputs.T @ (precision @ targets))
    spread = relevance - relevance**2 * (inputs * (precision @ inputs)).sum(0)
    unexplained = ((targets - inputs @ kernel) ** 2).sum() / outputs
    determined = len(inputs) - noise * np.trace(precision)
    return (
        np.maximum((kernel**2).sum(1) / outputs + spread, _LEAST_VARIANCE),
        float((unexplained + noise * determined) / len(inputs)),
    )


def _mean_square(rows: np.ndarray) -> float:
    """Compute the mean square length of the rows; 1 if all are zeros."""
    return float((rows**2).sum(1).mean()) or 1.0


def _differ(rows: np.ndarray) -> bool:
    """Check whether any two rows differ."""
    return bool((rows != rows[:1]).any())


def _rotated(targets: np.ndarray) -> np.ndarray:
    """Rotate T `[C,D]` into at most C columns, times the root of D, because a step needs only sums over columns."""
    left, lengths, _ = np.linalg.svd(targets, full_matrices=False)
    return left * lengths * np.sqrt(targets.shape[1])


def _normalised(rows: np.ndarray) -> np.ndarray:
    """Center the rows, and scale them to a mean square length of 1."""
    centred = (rows - rows.mean(0)).astype(np.float64)
    return centred / max(float(np.sqrt((centred**2).sum(1).mean())), constants.LEAST_DIVISOR)
