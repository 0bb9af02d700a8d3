# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Transfer of gamma from validation with pseudo-unseen classes to another network.

gamma is subtracted from the logits of seen classes. This is calibrated stacking: Chao, Changpinyo, Gong and Sha, "An
Empirical Study and Analysis of Generalized Zero-Shot Learning for Object Recognition in the Wild", ECCV 2016. A good
gamma depends on how confident a network is, and networks differ in that. So the position of gamma among the margins of
the training images is transferred: a margin is the best seen logit minus the best unseen one (section 5 of the design).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.evaluation import gzsl
from niwt_tf.numerics import constants, discriminant

_PER_CLASS, _IN_ALL = 256, 20_000  # most synthetic images of a class, and of all classes together
_ROUNDING = 1e-6  # share of the largest margin


def margins(logits: np.ndarray, seen_classes: int) -> np.ndarray:
    """Compute the margins `[N]` by which the best seen logit exceeds the best unseen one.

    Args:
      logits: Logits `[N,C]`, the seen classes first.
      seen_classes: Number of columns that are seen classes.
    """
    return logits[:, :seen_classes].max(1) - logits[:, seen_classes:].max(1)


@dataclasses.dataclass(frozen=True)
class GammaTransfer:
    """Position of gamma among the margins of the training images, by two criteria.

    Attributes:
      seen_fraction: Share of the images whose prediction stays a seen class with this gamma, 0..1.
      synthetic_position: Distance of gamma from the mean margin, in units of the distance of `synthetic_gamma` from it;
        None if `seen_fraction` alone counts.
    """

    seen_fraction: float
    synthetic_position: float | None = None

    def gamma(self, logits: np.ndarray, seen_classes: int) -> float:
        """Compute the gamma at this position in another network: the mean of the gammas by the two criteria.

        Args:
          logits: Logits `[N,C]` of that network for its training images, the seen classes first.
          seen_classes: Number of columns that are seen classes.
        """
        distances = margins(logits, seen_classes)
        by_fraction = float(np.quantile(distances, 1 - self.seen_fraction))
        if self.synthetic_position is None:
            return by_fraction
        middle = float(distances.mean())
        unit = synthetic_gamma(logits, seen_classes) - middle
        return (by_fraction + middle + self.synthetic_position * unit) / 2


def locate(logits: np.ndarray, seen_classes: int, gamma: float) -> GammaTransfer:
    """Compute the position of `gamma`; arguments as in `GammaTransfer.gamma`."""
    distances = margins(logits, seen_classes)
    unit = synthetic_gamma(logits, seen_classes) - distances.mean()
    exceeds_rounding = abs(unit) > _ROUNDING * np.abs(distances).max()
    position = float((gamma - distances.mean()) / unit) if exceeds_rounding else 0.0
    return GammaTransfer(seen_fraction(distances, gamma), position)


def synthetic_gamma(logits: np.ndarray, seen_classes: int) -> float:
    """Estimate a good gamma from synthetic images of unseen classes, whose logits follow from the weights alone.

    For weights of discriminant analysis, the covariances of logits within classes give the mean logits of a class: they
    are high for the class itself and for similar classes. Synthetic images are spread around that mean as training
    images are around the mean of their class. The estimate is too optimistic, but it differs between two networks as
    the truly good gamma does.

    Args:
      logits: Logits `[N,C]` of training images, the seen classes first.
      seen_classes: Number of columns that are seen classes.
    """
    classes, labels = np.unique(logits[:, :seen_classes].argmax(1), return_inverse=True)
    synthetic = _synthetic_logits(logits, classes, labels, seen_classes)
    unseen_labels = np.repeat(np.arange(seen_classes, logits.shape[1]), len(synthetic[0]))
    empty = np.setdiff1d(np.arange(seen_classes), classes).tolist()
    test = gzsl.GzslLogits(
        logits, classes[labels], np.concatenate(synthetic), unseen_labels, seen_classes, imageless=empty
    )
    return gzsl.curve(test).middle_gamma()


def _synthetic_logits(logits: np.ndarray, classes: np.ndarray, labels: np.ndarray, seen_classes: int) -> np.ndarray:
    """Compute logits `[U,n,C]` of synthetic images.

    Args:
      logits: Logits `[N,C]` of training images.
      classes: Seen classes that are predicted for a training image or more.
      labels: Indices `[N]` into `classes` of the predictions.
      seen_classes: Number of columns that are seen classes.
    """
    means = discriminant.class_means(logits, labels, len(classes))
    deviations, center = logits - means[labels], means.mean(0)
    covariances = deviations.T @ deviations / len(deviations)
    seen_covariances = covariances[classes]
    # The length that fits the seen classes best.
    length = (seen_covariances * (means - center)).sum() / max((seen_covariances**2).sum(), constants.LEAST_DIVISOR)
    centers = center + length * covariances[seen_classes:]
    count = min(len(logits), _PER_CLASS, max(1, _IN_ALL // len(centers)))
    return centers[:, None] + deviations[np.linspace(0, len(logits) - 1, count).astype(int)]


def seen_fraction(margins: np.ndarray, gamma: float) -> float:
    """Compute the share 0..1 of images with margins `[N]` whose prediction stays a seen class with `gamma`."""
    return float((margins >= gamma).mean())
