# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measures how right explanations in words are, against the true features of each class and against guessing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from niwt_tf import choice

if TYPE_CHECKING:
    from niwt_tf.explain import neurons

COUNT = 5
_NEURONS = 64  # neurons ranked at a time


def truth(vectors: np.ndarray) -> np.ndarray:
    """Compute a mask of the features that each class has, `[C,M]` bool.

    A class has a feature of zeros and ones if its value is 1, and any other feature if its value is above the mean over
    the classes.

    Args:
      vectors: Domain vectors of the classes, `[C,M]`.
    """
    binary = ((vectors == 0) | (vectors == 1)).all(0)
    return vectors > np.where(binary, 0.5, vectors.mean(0)) + choice.ROUNDING * np.abs(vectors).max(0, initial=0)


@dataclasses.dataclass(frozen=True)
class AttributeAccuracy:
    """Share of named features that the true class of an image has, mean over images, 0..1.

    Attributes:
      explained: Share if each image's features with the highest scores are named.
      frequent: Share if the features that most seen classes have are named for every image.
      chance: Share if features are drawn at random.
    """

    explained: float
    frequent: float
    chance: float


def attribute_accuracy(
    scores: np.ndarray, labels: np.ndarray, vectors: np.ndarray, seen_classes: int, count: int = COUNT
) -> AttributeAccuracy:
    """Compute the share of the features explaining each test image that its class truly has.

    Args:
      scores: Scores of the features for the predicted class of each test image, `[N,M]`, see `InverseMap`.
      labels: True classes `[N]`.
      vectors: Domain vectors of all classes, `[C,M]`, the seen ones first.
      seen_classes: Number of seen classes.
      count: Number of features named for each image.
    """
    has = truth(vectors)
    of_image = has[labels]
    named = np.argsort(-choice.tied(scores), axis=1, kind="stable")[:, :count]
    usual = np.argsort(-has[:seen_classes].mean(0), kind="stable")[:count]
    return AttributeAccuracy(
        explained=float(np.take_along_axis(of_image, named, 1).mean()),
        frequent=float(of_image[:, usual].mean()),
        chance=float(of_image.mean()),
    )


@dataclasses.dataclass(frozen=True)
class NameAccuracy:
    """Accuracy of neurons' names on images.

    Attributes:
      named: Share of neurons that have a name, 0..1.
      auc: Area under the ROC curve when a neuron's mean activation over an image separates images with the feature that
        it is named after from others, mean over named neurons: 0.5 is chance, 1 perfect. None if no neuron has a name.
      shuffled: The same, if the names were assigned to the named neurons at random; None likewise.
    """

    named: float
    auc: float | None
    shuffled: float | None


def name_accuracy(
    names: Sequence[neurons.Neuron], activations: np.ndarray, labels: np.ndarray, vectors: np.ndarray
) -> NameAccuracy:
    """Measure how well the neurons' names fit on test images.

    Args:
      names: All neurons.
      activations: Mean activations over each test image, `[N,K]`.
      labels: True classes `[N]`.
      vectors: Domain vectors of all classes, `[C,M]`.
    """
    named = [(one.index, one.feature) for one in names if one.name is not None and one.feature is not None]
    share = len(named) / len(names)
    if not named:
        return NameAccuracy(share, None, None)
    channels, features = (list(indices) for indices in zip(*named, strict=True))
    areas = aucs(activations[:, channels], labels, truth(vectors)[:, features])
    return NameAccuracy(share, float(np.diag(areas).mean()), float(areas.mean()))


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
    counts = np.bincount(labels, minlength=len(has))
    present = counts @ has
    pairs = present * (len(labels) - present)
    rank_sums = _rank_sums(activations, labels, len(has)) @ has
    above = rank_sums - present * (present + 1) / 2
    return np.divide(above, pairs, out=np.full(above.shape, 0.5), where=pairs > 0)


def _rank_sums(activations: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Compute the sum `[K,C]` of the ranks of each class's images among all images, for each neuron."""
    member = (labels[:, None] == np.arange(classes)).astype(np.float64)
    blocks = [
        stats.rankdata(activations[:, start : start + _NEURONS], axis=0).T @ member
        for start in range(0, activations.shape[1], _NEURONS)
    ]
    return np.concatenate(blocks)
