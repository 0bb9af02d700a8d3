# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measures explanations in words against the true features of each class, and against chance."""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.explain import roc
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
