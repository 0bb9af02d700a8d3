# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""How right explanations in words are: against what each class truly has, and against what guessing would give."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from niwt_tf.explain import neurons, roc
from niwt_tf.numerics import choice

COUNT = 5


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
    has = roc.class_has_feature(vectors)
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
    areas = roc.aucs(activations[:, channels], labels, roc.class_has_feature(vectors)[:, features])
    return NameAccuracy(share, float(np.diag(areas).mean()), float(areas.mean()))
