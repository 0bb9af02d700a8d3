# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measures explanations in words against the true features of each class, and against chance."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from niwt_tf.explain import neurons, roc
from niwt_tf.numerics import choice

COUNT = 5


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
    """Compute the share of the features named for each test image that its true class has.

    Args:
      scores: Scores of the features for the predicted class of each test image, `[N,M]`, see `InverseMap`.
      labels: True classes `[N]`.
      vectors: Domain vectors of all classes, `[C,M]`, the seen ones first.
      seen_classes: Number of seen classes.
      count: Number of features named for each image.
    """
    has = roc.class_has_feature(vectors)
    image_has = has[labels]
    named = np.argsort(-choice.tied(scores), axis=1, kind="stable")[:, :count]
    usual = np.argsort(-has[:seen_classes].mean(0), kind="stable")[:count]
    return AttributeAccuracy(
        explained=float(np.take_along_axis(image_has, named, 1).mean()),
        frequent=float(image_has[:, usual].mean()),
        chance=float(image_has.mean()),
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
    areas = roc.aucs(activations[:, channels], labels, roc.class_has_feature(vectors)[:, features])
    return NameAccuracy(share, float(np.diag(areas).mean()), float(areas.mean()))
