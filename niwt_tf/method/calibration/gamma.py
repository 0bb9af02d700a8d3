# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""gamma, which is subtracted from the seen classes' logits, and how it travels from a rehearsal to another network.

It depends on how confident a network is, and two networks differ in that. So what travels is gamma's place among the
margins of the training images, by which their best seen logit exceeds their best unseen one (section 5 of the design).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.evaluation import gzsl
from niwt_tf.numerics import discriminant

_IMAGINED, _OF_ALL = 256, 20_000  # most images of each class, and of all together
_TINY = 1e-12
_ROUNDING = 1e-6  # of the largest margin


def margins(logits: np.ndarray, seen_classes: int) -> np.ndarray:
    """Returns by how much `[N]` the best seen logit exceeds the best unseen one.

    Args:
      logits: `[N,C]`, the seen classes first.
      seen_classes: how many columns are seen classes.
    """
    return logits[:, :seen_classes].max(1) - logits[:, seen_classes:].max(1)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where gamma lies among the margins of the training images, by two rulers.

    Attributes:
      kept_share: of the images, how many it leaves with a seen class as their best guess, 0..1.
      imagined_part: how far it lies from the mean margin, where the `imagined_gamma` lies 1 from it; None where the
        share alone counts.
    """

    kept_share: float
    imagined_part: float | None = None

    def gamma(self, logits: np.ndarray, seen_classes: int) -> float:
        """Returns the gamma at that place in another network: midway between what the two rulers tell.

        Args:
          logits: of that network's training images, `[N,C]`, the seen classes first.
          seen_classes: how many columns are seen classes.
        """
        found = margins(logits, seen_classes)
        by_share = float(np.quantile(found, 1 - self.kept_share))
        if self.imagined_part is None:
            return by_share
        middle = float(found.mean())
        return (by_share + middle + self.imagined_part * (imagined_gamma(logits, seen_classes) - middle)) / 2


def place(logits: np.ndarray, seen_classes: int, gamma: float) -> Place:
    """Returns where `gamma` lies; arguments as in `Place.gamma`."""
    found = margins(logits, seen_classes)
    unit = imagined_gamma(logits, seen_classes) - found.mean()
    told = abs(unit) > _ROUNDING * np.abs(found).max()  # else rounding alone would be the ruler
    return Place(kept_share(found, gamma), float((gamma - found.mean()) / unit) if told else 0.0)


def imagined_gamma(logits: np.ndarray, seen_classes: int) -> float:
    """Returns the gamma that would be good if images of unseen classes were what their weights tell.

    With weights of discriminant analysis a class's mean lies where its own logit and those of its like are high: by
    the covariances of the logits within classes. There imagined images lie about the mean as training images do about
    theirs. Too good to be true, but two networks differ in it as they do in the gamma that is truly good.

    Args:
      logits: as in `Place.gamma`.
      seen_classes: the same.
    """
    classes, labels = np.unique(logits[:, :seen_classes].argmax(1), return_inverse=True)
    imagined = _imagined(logits, classes, labels, seen_classes)
    unseen_labels = np.repeat(np.arange(seen_classes, logits.shape[1]), len(imagined[0]))
    empty = np.setdiff1d(np.arange(seen_classes), classes).tolist()
    tested = logits, classes[labels], np.concatenate(imagined), unseen_labels
    return gzsl.curve(*tested, seen_classes, empty).middle_gamma()


def _imagined(logits: np.ndarray, classes: np.ndarray, labels: np.ndarray, seen_classes: int) -> np.ndarray:
    """Returns logits `[U,n,C]` of imagined images; image i shows `classes[labels[i]]`, as the classifier takes it."""
    means = discriminant.class_means(logits, labels, len(classes))
    deviations, center = logits - means[labels], means.mean(0)
    covariances = deviations.T @ deviations / len(deviations)
    of_seen = covariances[classes]
    length = (of_seen * (means - center)).sum() / max((of_seen**2).sum(), _TINY)  # what fits the seen classes best
    centers = center + length * covariances[seen_classes:]
    count = min(len(logits), _IMAGINED, max(1, _OF_ALL // len(centers)))
    return centers[:, None] + deviations[np.linspace(0, len(logits) - 1, count).astype(int)]


def kept_share(margins: np.ndarray, gamma: float) -> float:
    """Returns of how many images with margins `[N]`, 0..1, a seen class stays the best guess with `gamma`."""
    return float((margins >= gamma).mean())
