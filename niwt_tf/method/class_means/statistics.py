# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The known classes' means and spread in feature space, and what an image sees of them if it is left out.

Discriminant analysis assigns an image with the whitened features z to the class with the highest score
z mu_c - |mu_c|^2 / 2, where mu_c is the class's whitened mean: whitening turns the covariance S within classes into the
identity. A new class needs its mean alone.

An image that took part in means and covariance scores higher for its own class than a new image would. To estimate a
loss without other images, each image is left out in turn, in closed form: without it, its class has the mean
mu_y - d / (n - 1), and S lacks a part of rank 1 in the direction of d, the image's deviation from the mean (the formula
of Sherman and Morrison). The center of all features does not move, as scores differ by what does not depend on it.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
from scipy import linalg

from niwt_tf.numerics import constants, discriminant

_MOST_IMAGES = 4_096  # images that are left out in turn; more make no estimate better
_MOST_LEVERAGE = 0.99  # share of the variance in its own direction that an image has


@dataclasses.dataclass(frozen=True)
class ClassStatistics:
    """Means of `C` known classes in whitened feature space, with images that can be left out.

    Attributes:
      center: Mean `[D]` of the class means, in feature space.
      cholesky: Lower Cholesky factor `[D,D]` of the shrunk covariance within classes.
      means: Whitened means `[C,D]`, minus `center`.
      deviations: Whitened deviations `[n,D]` of images from the mean of their class; of classes of two or more.
      labels: Classes `[n]` of these images.
      rows: Their rows `[n]` among all images.
      counts: Number of all images `[C]` of each class.
      shrinkage: Shrinkage of the covariance.
    """

    center: np.ndarray
    cholesky: np.ndarray
    means: np.ndarray
    deviations: np.ndarray
    labels: np.ndarray
    rows: np.ndarray
    counts: np.ndarray
    shrinkage: float

    def whiten(self, features: np.ndarray) -> np.ndarray:
        """Whiten features `[N,D]`, minus `center`."""
        return linalg.solve_triangular(self.cholesky, (features - self.center).T, lower=True).T

    def weights(self, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute the kernel `[D,U]` and bias `[U]` that score features for classes of whitened means `[U,D]`."""
        kernel = linalg.solve_triangular(self.cholesky, means.T, lower=True, trans="T")
        return kernel, -self.center @ kernel - (means**2).sum(1) / 2

    @functools.cached_property
    def length(self) -> float:
        """Mean distance of the known classes' means from their center, in whitened feature space."""
        return float(np.linalg.norm(self.means, axis=1).mean())

    @functools.cached_property
    def noise(self) -> float:
        """Variance of a new image about the mean of its class, in each whitened direction: 1 if there were no doubt."""
        squares = self._squares / (1 - self._leverage) * (self._counts / (self._counts - 1)) ** 2
        return float(squares.mean() / self.means.shape[1]) if len(squares) else 1.0

    @property
    def white(self) -> np.ndarray:
        """Whitened features `[n,D]` of the images, minus `center`."""
        return self.means[self.labels] + self.deviations

    @functools.cached_property
    def new_deviations(self) -> np.ndarray:
        """Deviations `[n,D]` as large as those of images that the covariance was not fitted to."""
        size = float((self.deviations**2).mean()) if len(self.deviations) else 0.0
        return self.deviations * np.sqrt(self.noise / size) if size > constants.LEAST_DIVISOR else self.deviations

    @functools.cached_property
    def own_coefficients(self) -> np.ndarray:
        """Coefficients `[C,C]` of the known means themselves, for `left_out_scores`."""
        return np.eye(len(self.means))

    @functools.cached_property
    def left_out_known(self) -> np.ndarray:
        """Scores `[n,C]` of each image for the known classes, if it is left out of means and covariance."""
        return self.left_out_scores(self.means, self.own_coefficients)

    def left_out_scores(self, means: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        """Score each image for classes, if it is left out of the known means and of the covariance: `[n,U]`.

        Args:
          means: Whitened means `[U,D]` of the classes.
          coefficients: Coefficients `[U,C]` of the known means in them, which tells how they move without the image.
        """
        along = self.deviations @ means.T
        weights = (self._removed / (1 - self._leverage))[:, None]
        moved = coefficients[:, self.labels].T / (self._counts - 1)[:, None]
        own = ((self.means[self.labels] * self.deviations).sum(1) + self._squares)[:, None]
        products = self.means[self.labels] @ means.T + along + weights * own * along
        products -= moved * own * (1 + weights * self._squares[:, None])
        lengths = (means**2).sum(1) + weights * along**2
        squares = (self._squares + weights[:, 0] * self._squares**2)[:, None]
        lengths += moved**2 * squares - 2 * moved * along * (1 + weights * self._squares[:, None])
        return products - lengths / 2

    @functools.cached_property
    def _counts(self) -> np.ndarray:
        return self.counts[self.labels].astype(np.float64)

    @functools.cached_property
    def _squares(self) -> np.ndarray:
        return (self.deviations**2).sum(1)

    @functools.cached_property
    def _removed(self) -> np.ndarray:
        """Factor `[n]` of the part of rank 1 that the covariance loses without each image."""
        return (1 - self.shrinkage) / self.counts.sum() * self._counts / (self._counts - 1)

    @functools.cached_property
    def _leverage(self) -> np.ndarray:
        return np.minimum(self._removed * self._squares, _MOST_LEVERAGE)


def scores(white: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Score whitened features `[n,D]` for classes of whitened means `[U,D]`: `[n,U]`."""
    return white @ means.T - (means**2).sum(1) / 2


def fit(features: np.ndarray, labels: np.ndarray, classes: int, shrinkage: float) -> ClassStatistics:
    """Compute the statistics of known classes.

    Args:
      features: Features `[N,D]` of images of the classes.
      labels: Classes `[N]` of the images, from 0 to C - 1, each at least once.
      classes: Number `C` of classes.
      shrinkage: Shrinkage of the covariance, see `discriminant.fit`.
    """
    means = discriminant.class_means(features, labels, classes)
    center, deviations = means.mean(0), features - means[labels]
    cholesky = linalg.cholesky(discriminant.covariance(deviations, shrinkage), lower=True)
    counts = np.bincount(labels, minlength=classes)
    rows = _spread(np.flatnonzero(counts[labels] > 1))
    white = linalg.solve_triangular(cholesky, np.concatenate([means - center, deviations[rows]]).T, lower=True).T
    return ClassStatistics(center, cholesky, white[:classes], white[classes:], labels[rows], rows, counts, shrinkage)


def _spread(rows: np.ndarray) -> np.ndarray:
    """Select at most `_MOST_IMAGES` rows, spread evenly."""
    if len(rows) <= _MOST_IMAGES:
        return rows
    return rows[np.linspace(0, len(rows) - 1, _MOST_IMAGES).astype(int)]
