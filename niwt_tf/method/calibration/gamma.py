# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Transfer of gamma from validation with pseudo-unseen classes to another network.

gamma is subtracted from the logits of seen classes. This is calibrated stacking: Chao, Changpinyo, Gong and Sha, "An
Empirical Study and Analysis of Generalized Zero-Shot Learning for Object Recognition in the Wild", ECCV 2016. A good
gamma depends on how confident a network is, and networks differ in that. So the position of gamma among the margins of
the training images is transferred: a margin is the best seen logit minus the best unseen one (section 5 of the design).

Synthetic images show the first unseen classes alone, and what follows from them is kept in units of the margins'
spread. So a class that is added later costs the same however many there are: see `LogitSummary`.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.evaluation import gzsl
from niwt_tf.numerics import constants, discriminant

MOST_CLASSES = 78  # unseen classes of which there are synthetic images: the first ones
_PER_CLASS = 256  # most synthetic images of a class
_ROUNDING = 1e-6  # share of the largest margin


def margins(logits: np.ndarray, seen_classes: int) -> np.ndarray:
    """Compute the margins `[N]` by which the best seen logit exceeds the best unseen one.

    Args:
      logits: Logits `[N,C]`, the seen classes first.
      seen_classes: Number of columns that are seen classes.
    """
    return logits[:, :seen_classes].max(1) - logits[:, seen_classes:].max(1)


@dataclasses.dataclass(frozen=True)
class LogitSummary:
    """The part of the logits of training images from which gamma follows.

    Attributes:
      best_seen: Highest logits of seen classes, `[N]`.
      best_unseen: Highest logits of unseen classes, `[N]`.
      unit: Distance of the synthetic gamma from the mean margin, both of the seen and the first unseen classes alone;
        0 if it does not count.
      spread: Standard deviation of the margins of these classes, in whose unit `unit` stays the same.
      unseen_classes: Number of unseen classes.
    """

    best_seen: np.ndarray
    best_unseen: np.ndarray
    unit: float
    spread: float
    unseen_classes: int

    @property
    def margins(self) -> np.ndarray:
        """Margins `[N]` by which the best seen logit exceeds the best unseen one."""
        return self.best_seen - self.best_unseen

    def extended(self, logits: np.ndarray) -> LogitSummary:
        """Add unseen classes by their logits `[N,U]`; `unit` stays, so there must be `MOST_CLASSES` before."""
        best = np.maximum(self.best_unseen, logits.max(1))
        return dataclasses.replace(self, best_unseen=best, unseen_classes=self.unseen_classes + logits.shape[1])


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
        return self.gamma_of(self.summarize(logits, seen_classes))

    def summarize(self, logits: np.ndarray, seen_classes: int) -> LogitSummary:
        """Summarize logits for `gamma_of`; arguments as in `gamma`."""
        first, unit = logits[:, : seen_classes + MOST_CLASSES], 0.0
        distances = margins(first, seen_classes)
        if self.synthetic_position is not None:
            unit = synthetic_gamma(first, seen_classes) - float(distances.mean())
        best_seen, best_unseen = logits[:, :seen_classes].max(1), logits[:, seen_classes:].max(1)
        return LogitSummary(best_seen, best_unseen, unit, float(distances.std()), logits.shape[1] - seen_classes)

    def gamma_of(self, summary: LogitSummary) -> float:
        """Compute the gamma at this position in the network whose logits `summarize` summarized."""
        distances = summary.margins
        by_fraction = float(np.quantile(distances, 1 - self.seen_fraction))
        if self.synthetic_position is None:
            return by_fraction
        unit = summary.unit * _ratio(distances.std(), summary.spread)
        return (by_fraction + float(distances.mean()) + self.synthetic_position * unit) / 2


def locate(logits: np.ndarray, seen_classes: int, gamma: float) -> GammaTransfer:
    """Compute the position of `gamma`; arguments as in `GammaTransfer.gamma`."""
    distances = margins(logits, seen_classes)
    first = logits[:, : seen_classes + MOST_CLASSES]
    counted = margins(first, seen_classes)
    unit = (synthetic_gamma(first, seen_classes) - counted.mean()) * _ratio(distances.std(), counted.std())
    exceeds_rounding = abs(unit) > _ROUNDING * np.abs(distances).max()
    position = float((gamma - distances.mean()) / unit) if exceeds_rounding else 0.0
    return GammaTransfer(seen_fraction(distances, gamma), position)


def _ratio(spread: float, counted: float) -> float:
    """Divide the spread of all margins by that of the counted classes' margins; 1 if these are all equal."""
    return float(spread) / float(counted) if counted else 1.0


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
    gzsl.require_numbers("logits", logits)
    classes, labels = np.unique(logits[:, :seen_classes].argmax(1), return_inverse=True)
    centers, deviations = _synthetic_logits(logits, classes, labels, seen_classes)
    seen = gzsl.ImageMargins.of(logits, classes[labels], seen_classes, is_unseen=False)
    unseen = [
        gzsl.ImageMargins.of(center + deviations, label, seen_classes, is_unseen=True)
        for label, center in enumerate(centers, seen_classes)
    ]
    is_right = np.concatenate([one.is_right for one in unseen])
    return gzsl.curve_of(
        seen.margins,
        seen.is_right * gzsl.class_shares(labels, range(len(classes))),
        np.concatenate([one.margins for one in unseen]),
        is_right * (1 / len(is_right)),
    ).middle_gamma()


def _synthetic_logits(
    logits: np.ndarray, classes: np.ndarray, labels: np.ndarray, seen_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean logits `[U,C]` of synthetic images of each unseen class, and the images' deviations `[n,C]` from it.

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
    count = min(len(logits), _PER_CLASS)
    some = np.linspace(0, len(logits) - 1, count).astype(int)
    return center + length * covariances[seen_classes:], deviations[some]


def seen_fraction(margins: np.ndarray, gamma: float) -> float:
    """Compute the share 0..1 of images with margins `[N]` whose prediction stays a seen class with `gamma`."""
    return float((margins >= gamma).mean())
