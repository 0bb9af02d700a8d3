# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""How right explanations in words are: against what each class truly has, and against what guessing would give."""

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
_NEURONS = 64  # ranked at a time


def truth(vectors: np.ndarray) -> np.ndarray:
    """Returns which features each class has, `[C,M]` bool.

    Of an attribute of zeros and ones that is the value 1, else a value above the mean over the classes.

    Args:
      vectors: of the classes, `[C,M]`.
    """
    binary = ((vectors == 0) | (vectors == 1)).all(0)
    return vectors > np.where(binary, 0.5, vectors.mean(0)) + choice.ROUNDING * np.abs(vectors).max(0, initial=0)


@dataclasses.dataclass(frozen=True)
class AttributeAccuracy:
    """The share of named features that an image's true class has, mean over images, 0..1.

    Attributes:
      explained: of each image's features with the highest scores.
      frequent: of the features that most seen classes have, always the same.
      chance: of features drawn at random.
    """

    explained: float
    frequent: float
    chance: float


def attribute_accuracy(
    scores: np.ndarray, labels: np.ndarray, vectors: np.ndarray, seen_classes: int, count: int = COUNT
) -> AttributeAccuracy:
    """Returns how many of the features that explain each test image its class truly has.

    Args:
      scores: of the test images' importances for the class that is predicted, `[N,M]`, see `InverseMap`.
      labels: the true classes `[N]`.
      vectors: of all classes, `[C,M]`, the seen ones first.
      seen_classes: how many of them are seen.
      count: features named of each image.
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
    """How well the neurons' names fit what they respond to.

    Attributes:
      named: the share of neurons that have a name, 0..1.
      auc: how well a neuron's mean activation over an image tells images with the feature that it is named after from
        others, mean over named neurons: 0.5 is chance, 1 perfect. None where no neuron has a name.
      shuffled: the same, had the names been dealt to the named neurons at random; None likewise.
    """

    named: float
    auc: float | None
    shuffled: float | None


def name_accuracy(
    names: Sequence[neurons.Neuron], activations: np.ndarray, labels: np.ndarray, vectors: np.ndarray
) -> NameAccuracy:
    """Returns how well names fit on test images.

    Args:
      names: of all neurons.
      activations: mean activations over each test image, `[N,K]`.
      labels: the true classes `[N]`.
      vectors: of all classes, `[C,M]`.
    """
    named = [(one.index, one.feature) for one in names if one.name is not None and one.feature is not None]
    share = len(named) / len(names)
    if not named:
        return NameAccuracy(share, None, None)
    channels, features = (list(indices) for indices in zip(*named, strict=True))
    areas = aucs(activations[:, channels], labels, truth(vectors)[:, features])
    return NameAccuracy(share, float(np.diag(areas).mean()), float(areas.mean()))


def aucs(activations: np.ndarray, labels: np.ndarray, has: np.ndarray) -> np.ndarray:
    """Returns how well each neuron tells images with a feature from those without: the area under the ROC curve.

    Args:
      activations: mean activations over each image, `[N,K]`; may be mapped from disk.
      labels: the images' classes `[N]`.
      has: which features each class has, `[C,M]` bool.

    Returns:
      `[K,M]`: the probability that an image with the feature has the higher activation; 0.5 where all images have the
      feature, or none.
    """
    counts = np.bincount(labels, minlength=len(has))
    present = counts @ has
    pairs = present * (len(labels) - present)
    rank_sums = _rank_sums(activations, labels, len(has)) @ has
    above = rank_sums - present * (present + 1) / 2
    return np.divide(above, pairs, out=np.full(above.shape, 0.5), where=pairs > 0)


def _rank_sums(activations: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Returns the sum `[K,C]` of the ranks that each class's images have among all, neuron by neuron."""
    member = (labels[:, None] == np.arange(classes)).astype(np.float64)
    blocks = [
        stats.rankdata(activations[:, start : start + _NEURONS], axis=0).T @ member
        for start in range(0, activations.shape[1], _NEURONS)
    ]
    return np.concatenate(blocks)
