# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measures how well activations separate classes that have a feature from others: areas under ROC curves."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import stats

from niwt_tf.numerics import choice

_NEURONS = 64  # ranked at a time
_LEAST_CLASSES = 3  # with a feature, and without it, of which an area says something


def class_has_feature(vectors: np.ndarray, seen_classes: int | None = None) -> np.ndarray:
    """Compute a mask of the features that each class has, `[C,M]` bool.

    A class has a feature of zeros and ones if its value is 1, and any other feature if its value is above the mean over
    the classes.

    Args:
      vectors: Domain vectors of the classes, `[C,M]`.
      seen_classes: Number of classes, from the first on, over which the mean is taken; by default all.
    """
    binary = ((vectors == 0) | (vectors == 1)).all(0)
    means = vectors[:seen_classes].mean(0)
    return vectors > np.where(binary, 0.5, means) + choice.ROUNDING * np.abs(vectors).max(0, initial=0)


def classes_with(has: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Select whether each class has each neuron's feature, `[K,C]` bool; no class has feature -1.

    Args:
      has: True for features that a class has, `[C,M]` bool.
      features: Feature of each neuron, `[K]`.
    """
    return has.T[features] & (features >= 0)[:, None]


def aucs(activations: np.ndarray, labels: np.ndarray, has: np.ndarray) -> np.ndarray:
    """Compute how well each neuron separates images with a feature from others: the area under the ROC curve.

    Args:
      activations: Mean activations over each image, `[N,K]`; may be mapped from disk.
      labels: Classes of the images, `[N]`.
      has: True for features that a class has, `[C,M]` bool.

    Returns:
      `[K,M]`: Probability that an image with the feature has the higher activation than one without; 0.5 if all images
      have the feature, or none has it.
    """
    return np.nan_to_num(ClassRanks.of(activations, labels, len(has)).aucs(has), nan=0.5)


def strengths(areas: np.ndarray, having: np.ndarray, classes: int) -> np.ndarray:
    """Take a standard error off areas under ROC curves; -inf for features that too few classes have or lack.

    The error is that of the Mann-Whitney test without an effect, where the unit is the class.

    Args:
      areas: Areas under the ROC curve, `[K,M]` or `[K]`; NaN where they are not defined.
      having: Number of classes that have each feature, `[M]`, `[K,M]` or `[K]`.
      classes: Number of classes, `C`.
    """
    lacking = classes - having
    errors = np.sqrt((classes + 1) / (12 * np.maximum(having * lacking, 1)))
    is_measured = (having >= _LEAST_CLASSES) & (lacking >= _LEAST_CLASSES) & ~np.isnan(areas)
    return np.where(is_measured, areas - errors, -np.inf)


@dataclasses.dataclass(frozen=True)
class ClassRanks:
    """Ranks of images by each neuron's activation, as means over classes: all that areas under ROC curves need.

    Attributes:
      means: Mean rank of each class's images among all images, `[K,C]`, from 1; 0 for a class without images.
      counts: Number of images of each class, `[C]`.
      images: Number of images that were ranked, `N`.
    """

    means: np.ndarray
    counts: np.ndarray
    images: int

    @classmethod
    def of(cls, activations: np.ndarray, labels: np.ndarray, classes: int) -> ClassRanks:
        """Rank the mean activations `[N,K]` of images with classes `labels` `[N]`, from 0 to `classes - 1`."""
        counts = np.bincount(labels, minlength=classes).astype(np.float64)
        member = (labels[:, None] == np.arange(classes)) / np.maximum(counts, 1)
        blocks = [
            stats.rankdata(activations[:, start : start + _NEURONS], axis=0).T @ member
            for start in range(0, activations.shape[1], _NEURONS)
        ]
        return cls(np.concatenate(blocks), counts, len(labels))

    def select(self, kept: np.ndarray) -> ClassRanks:
        """Return the ranks of the classes where `kept` `[C]` bool is true; they remain ranks among all images."""
        return dataclasses.replace(self, means=self.means[:, kept], counts=self.counts[kept])

    def aucs(self, has: np.ndarray) -> np.ndarray:
        """Compute the areas `[K,M]` for the features that classes have, `[C,M]` bool; NaN where there is no pair.

        Of selected classes it is the difference of mean ranks in the same unit, which is nearly their area.
        """
        return self._areas((self.means * self.counts) @ has, self.counts @ has)

    def aucs_of(self, has: np.ndarray) -> np.ndarray:
        """Compute the area `[K]` for one set of classes per neuron, `[K,C]` bool; NaN where there is no pair."""
        return self._areas((self.means * self.counts * has).sum(1, keepdims=True), (has @ self.counts)[:, None])[:, 0]

    def aucs_within(self, first: np.ndarray, has: np.ndarray) -> np.ndarray:
        """Compute the areas `[K,M]` for classes with a feature that are in the neuron's set `first` `[K,C]`, too."""
        return self._areas((self.means * self.counts * first) @ has, (first * self.counts) @ has)

    def aucs_without_each(self, has: np.ndarray) -> np.ndarray:
        """Compute what `aucs_of` gives without each class in turn, `[K,C]`."""
        ranks, images = self.means * self.counts, self.counts * has
        sums = (ranks * has).sum(1, keepdims=True) - ranks * has
        rest = ranks.sum(1, keepdims=True) - ranks - sums
        present = images.sum(1, keepdims=True) - images
        return self._difference(sums, present, rest, self.counts.sum() - self.counts - present)

    def _areas(self, sums: np.ndarray, present: np.ndarray) -> np.ndarray:
        """Compute areas from the sums of ranks `[K,M]` of images with a feature, and their numbers `[K,M]` or `[M]`."""
        totals = (self.means @ self.counts)[:, None]
        return self._difference(sums, present, totals - sums, self.counts.sum() - present)

    def _difference(self, sums: np.ndarray, present: np.ndarray, rest: np.ndarray, absent: np.ndarray) -> np.ndarray:
        """Compute areas from the sums of ranks of `present` images with a feature and of `absent` ones without it."""
        with np.errstate(divide="ignore", invalid="ignore"):
            differences = sums / present - rest / absent
        return 0.5 + np.where((present > 0) & (absent > 0), differences, np.nan) / self.images
