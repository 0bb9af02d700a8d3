# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Transfer of gamma from validation with pseudo-unseen classes to another network.

gamma is subtracted from the seen classes' logits: calibrated stacking (Chao et al., ECCV 2016). Its value depends on
how confident a network is, and networks differ in that. So its position among the margins of the training images is
transferred: a margin is the best seen logit minus the best unseen one (section 5 of the design).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.evaluation import gzsl
from niwt_tf.numerics import constants, discriminant

_IMAGINED, _OF_ALL = 256, 20_000  # most imagined images of a class, and of all classes together
_ROUNDING = 1e-6  # share of the largest margin


def margins(logits: np.ndarray, seen_classes: int) -> np.ndarray:
    """Compute the margins `[N]` by which the best seen logit exceeds the best unseen one.

    Args:
      logits: Logits `[N,C]`, the seen classes first.
      seen_classes: Number of columns that are seen classes.
    """
    return logits[:, :seen_classes].max(1) - logits[:, seen_classes:].max(1)


@dataclasses.dataclass(frozen=True)
class Place:
    """Position of gamma among the margins of the training images, by two criteria.

    Attributes:
      kept_share: Share of the images whose prediction stays a seen class with this gamma, 0..1.
      imagined_part: Distance of gamma from the mean margin, in units of the distance of `imagined_gamma` from it; None
        if `kept_share` alone counts.
    """

    kept_share: float
    imagined_part: float | None = None

    def gamma(self, logits: np.ndarray, seen_classes: int) -> float:
        """Compute the gamma at this position in another network: the mean of the gammas by the two criteria.

        Args:
          logits: Logits `[N,C]` of that network for its training images, the seen classes first.
          seen_classes: Number of columns that are seen classes.
        """
        found = margins(logits, seen_classes)
        by_share = float(np.quantile(found, 1 - self.kept_share))
        if self.imagined_part is None:
            return by_share
        middle = float(found.mean())
        return (by_share + middle + self.imagined_part * (imagined_gamma(logits, seen_classes) - middle)) / 2


def place(logits: np.ndarray, seen_classes: int, gamma: float) -> Place:
    """Compute the position of `gamma`; arguments as in `Place.gamma`."""
    found = margins(logits, seen_classes)
    unit = imagined_gamma(logits, seen_classes) - found.mean()
    told = abs(unit) > _ROUNDING * np.abs(found).max()  # otherwise rounding would decide
    return Place(kept_share(found, gamma), float((gamma - found.mean()) / unit) if told else 0.0)


def imagined_gamma(logits: np.ndarray, seen_classes: int) -> float:
    """Estimate a good gamma from imagined images of unseen classes, whose logits follow from the weights alone.

    For weights of discriminant analysis, the covariances of logits within classes give the mean logits of a class: they
    are high for the class itself and for similar classes. Imagined images are spread around that mean as training
    images are around the mean of their class. The estimate is too optimistic, but it differs between two networks as
    the truly good gamma does.

    Args:
      logits: Logits `[N,C]` of training images, the seen classes first.
      seen_classes: Number of columns that are seen classes.
    """
    classes, labels = np.unique(logits[:, :seen_classes].argmax(1), return_inverse=True)
    imagined = _imagined(logits, classes, labels, seen_classes)
    unseen_labels = np.repeat(np.arange(seen_classes, logits.shape[1]), len(imagined[0]))
    empty = np.setdiff1d(np.arange(seen_classes), classes).tolist()
    test = gzsl.GzslLogits(
        logits, classes[labels], np.concatenate(imagined), unseen_labels, seen_classes, imageless=empty
    )
    return gzsl.curve(test).middle_gamma()


def _imagined(logits: np.ndarray, classes: np.ndarray, labels: np.ndarray, seen_classes: int) -> np.ndarray:
    """Compute logits `[U,n,C]` of imagined images; `classes[labels[i]]` is the class predicted for training image i."""
    means = discriminant.class_means(logits, labels, len(classes))
    deviations, center = logits - means[labels], means.mean(0)
    covariances = deviations.T @ deviations / len(deviations)
    of_seen = covariances[classes]
    # This length fits the seen classes best.
    length = (of_seen * (means - center)).sum() / max((of_seen**2).sum(), constants.LEAST_DIVISOR)
    centers = center + length * covariances[seen_classes:]
    count = min(len(logits), _IMAGINED, max(1, _OF_ALL // len(centers)))
    return centers[:, None] + deviations[np.linspace(0, len(logits) - 1, count).astype(int)]


def kept_share(margins: np.ndarray, gamma: float) -> float:
    """Compute the share 0..1 of images with margins `[N]` whose prediction stays a seen class with `gamma`."""
    return float((margins >= gamma).mean())
