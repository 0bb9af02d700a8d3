# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""How much each number of a domain vector tells of the look of a class, learned from the seen ones.

An attribute or word that no neuron follows misleads a map fitted to a few dozen classes. So each gets a variance of its
own in the prior of a Bayesian linear map to the classes' looks, and those variances are the ones under which the looks
are likeliest: Wipf and Rao, "An empirical Bayesian strategy for solving the simultaneous sparse approximation problem",
IEEE Transactions on Signal Processing 55 (2007), by their EM steps. All start alike; the fewer steps, the more alike
they stay.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from niwt_tf.numerics import discriminant

_NOISE = 0.3  # the share of the looks' variance that the first step leaves unexplained
_LEAST_NOISE = 1e-8  # of the variance that the map explains: less is rounding, and leaves a matrix without inverse
_TINY = 1e-12


def looks(features: np.ndarray, labels: np.ndarray, classes: int, shrinkage: float) -> np.ndarray:
    """Returns how each class looks on average, `[C,D]`: its mean features, whitened by the spread within classes.

    So each direction counts by what it tells classes apart.

    Args:
      features: of training images, `[N,D]`.
      labels: `[N]`, from 0 to C - 1, each of them at least once.
      classes: `C`.
      shrinkage: of the features' covariance, see `discriminant.fit`.
    """
    means = discriminant.class_means(features, labels, classes)
    within = discriminant.covariance(features - means[labels], shrinkage)
    return linalg.solve_triangular(linalg.cholesky(within, lower=True), (means - means.mean(0)).T, lower=True).T


def learn(inputs: np.ndarray, looks: np.ndarray, steps: int) -> np.ndarray:
    """Returns the relevance `[M]` of each number of the domain vectors, at least 0, with mean 1.

    Where there are no two classes, or all have the same vector or the same look, nothing can be learned: all are 1.

    Args:
      inputs: the classes' domain vectors, `[C,M]`.
      looks: how these classes look, `[C,D]`.
      steps: of EM; after 0 all are 1.
    """
    if not (_differ(inputs) and _differ(looks)):
        return np.ones(inputs.shape[1])
    vectors, targets = _normalised(inputs), _rotated(_normalised(looks))
    outputs, relevance, noise = looks.shape[1], np.ones(inputs.shape[1]), _NOISE
    for _ in range(steps):
        relevance, noise = _step(vectors, targets, outputs, relevance, noise)
    return relevance / relevance.mean()


def _step(
    inputs: np.ndarray, targets: np.ndarray, outputs: int, relevance: np.ndarray, noise: float
) -> tuple[np.ndarray, float]:
    """Returns relevance `[M]` and noise after one more step, for T = X W + noise with T of `outputs` numbers a class.

    Row m of W has the variance relevance[m] in each of them.
    """
    explained = (inputs * relevance) @ inputs.T
    noise = max(noise, _LEAST_NOISE * max(1.0, float(np.trace(explained)) / len(inputs)))
    precision = np.linalg.inv(explained + noise * np.eye(len(inputs)))
    kernel = relevance[:, None] * (inputs.T @ (precision @ targets))
    spread = relevance - relevance**2 * (inputs * (precision @ inputs)).sum(0)
    unexplained = ((targets - inputs @ kernel) ** 2).sum() / outputs
    known = len(inputs) - noise * np.trace(precision)
    return (
        np.maximum((kernel**2).sum(1) / outputs + spread, _TINY),
        float((unexplained + noise * known) / len(inputs)),
    )


def _differ(rows: np.ndarray) -> bool:
    """Returns whether any two rows differ."""
    return bool((rows != rows[:1]).any())


def _rotated(targets: np.ndarray) -> np.ndarray:
    """Returns T `[C,D]` in at most C columns, with D times the squares: of a step only sums over columns are asked."""
    left, lengths, _ = np.linalg.svd(targets, full_matrices=False)
    return left * lengths * np.sqrt(targets.shape[1])


def _normalised(rows: np.ndarray) -> np.ndarray:
    """Returns the rows from their mean, with a mean square length of 1."""
    centred = (rows - rows.mean(0)).astype(np.float64)
    return centred / max(float(np.sqrt((centred**2).sum(1).mean())), _TINY)
