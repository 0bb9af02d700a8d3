# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Linear classifier of features in closed form: discriminant analysis with a shrunk covariance.

With some dozens of images per class and some hundreds of features, its weights describe a class better than those of a
softmax regression, and take a fraction of a second. Friedman, Regularized discriminant analysis, JASA 84 (1989). The
numbers equal those of scikit-learn, which computes the covariance of all features even if there are fewer images.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

from niwt_tf import errors

_TINY = 1e-12


def fit(features: np.ndarray, labels: np.ndarray, classes: int, shrinkage: float) -> tuple[np.ndarray, np.ndarray]:
    """Fit the kernel `[D,C]` and bias `[C]` float32 of the logits o = phi W + b, whose softmax is p(class | phi).

    All classes share one covariance S; `shrinkage` mixes it with the multiple of the identity that has the same trace.

    Args:
      features: Features phi `[N,D]`.
      labels: Labels `[N]`, from 0 to C - 1, each of them at least once.
      classes: Number of classes, `C`.
      shrinkage: Weight of the identity, above 0 and at most 1; at 1 only the means of the classes count.

    Raises:
      errors.DivergedError: If a feature is not finite.
    """
    if not np.isfinite(features).all():
        raise errors.DivergedError(
            "`features` must be finite numbers. Received: some that are not, in fitting the new classifier. Check "
            f"{errors.setting('preprocessing')} and the network's weights."
        )
    counts = np.bincount(labels, minlength=classes)
    means = class_means(features, labels, classes)
    center = means.mean(0)
    kernel = solve(features - means[labels], (means - center).T, shrinkage)
    bias = np.log(counts / len(labels)) - ((means + center) * kernel.T).sum(1) / 2
    return kernel.astype(np.float32), bias.astype(np.float32)


def class_means(features: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Compute the means `[C,D]` of features `[N,D]` over the images of each class; every class must have an image."""
    images = np.arange(len(labels))
    membership = sparse.csr_array((np.ones(len(labels)), (labels, images)), (classes, len(labels)))
    return membership @ features.astype(np.float64) / np.bincount(labels, minlength=classes)[:, None]


def covariance(deviations: np.ndarray, shrinkage: float) -> np.ndarray:
    """Compute the shrunk covariance `[D,D]` of features from their `deviations [N,D]` from the class means."""
    shared = (1 - shrinkage) / len(deviations) * (deviations.T @ deviations)
    return shared + _ridge(deviations, shrinkage) * np.eye(len(shared))


def solve(deviations: np.ndarray, right: np.ndarray, shrinkage: float) -> np.ndarray:
    """Solve S X = `right [D,R]` for X `[D,R]`, where S is the shrunk `covariance` of `deviations [N,D]`.

    If there are fewer images than features, the system solved has the size of the images (Woodbury's identity).
    """
    images, size = deviations.shape
    if size <= images:
        return linalg.solve(covariance(deviations, shrinkage), right, assume_a="pos")
    ridge, weight = _ridge(deviations, shrinkage), (1 - shrinkage) / images
    among = weight * (deviations @ deviations.T) + ridge * np.eye(images)
    inner = linalg.solve(among, deviations @ right, assume_a="pos")
    return (right - weight * (deviations.T @ inner)) / ridge


def _ridge(deviations: np.ndarray, shrinkage: float) -> float:
    return max(shrinkage * float(np.mean(deviations**2)), _TINY)
