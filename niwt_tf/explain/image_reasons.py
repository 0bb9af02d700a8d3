# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Explains a decision on one image in words: by features that the image shows or lacks, not by the class alone.

Behind an affine head all images of a class have the same importances, and the reasons in `textual` are the class's. A
reason of an image is a feature's contribution on it, the product of two numbers, each from an inverse map:

- how far above its mean the class has the feature: the inverse map of the class's importances on this image;
- how far above its mean the image shows the feature: an inverse map of the image's features, fitted in the same way on
  the training images. The features are all that a decision knows of an image.

A feature that class and image both have supports the class. One that only the class has, or only the image, opposes it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from niwt_tf.explain import textual
from niwt_tf.method import inverse_map
from niwt_tf.numerics import constants, discriminant

_FOLDS, _SEED = 5, 0  # of the classes that are held out to choose the number of steps
_LEAST_CLASSES = 2  # from which it can be told what a feature changes
LACKING = "no "  # before a feature that the class has, and the image lacks


@dataclasses.dataclass(frozen=True)
class ImageReasons:
    """Reasons for and against a class on one image, the strongest first.

    Attributes:
      support: Features that both the class and the image have, with their contributions.
      opposition: Features that only one of them has, with their contributions, which are negative; "no " stands before
        the name of one that the image lacks.
    """

    support: tuple[textual.Reason, ...]
    opposition: tuple[textual.Reason, ...]


@dataclasses.dataclass(frozen=True)
class ShownFeatures:
    """What images show of each feature, as far as a classifier's features tell.

    Attributes:
      kernel: Weights `[D,M]` float32 from the classifier's features to scores.
      bias: Their bias `[M]` float32, with which the scores of the seen classes' training images are 0 on average.
    """

    kernel: np.ndarray
    bias: np.ndarray

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Compute how far above its mean over the seen classes images show each feature, `[N,M]` float32.

        Args:
          features: Features `[N,D]` of the images; columns after those that the map knows, such as a gate's, are left
            out.
        """
        return features[:, : len(self.kernel)] @ self.kernel + self.bias


def fit(features: np.ndarray, labels: np.ndarray, domain_vectors: np.ndarray) -> ShownFeatures:
    """Fit what images show on training images of the seen classes.

    An inverse map reads directions alone. How far an image lies from the mean counts here, too: one that shows little
    scores little. So the map's weights are applied to the features less their mean, in units of their mean distance.

    Args:
      features: Features `[N,D]` of the training images.
      labels: Classes `[N]`, 0 to `C - 1`. Classes without an image, which models of earlier formats may have, are left
        out; of fewer than two classes nothing is known, and all scores are 0.
      domain_vectors: Domain vectors `[C,M]` of the seen classes.
    """
    present, places = np.unique(labels, return_inverse=True)
    vectors = domain_vectors[present]
    if len(present) < _LEAST_CLASSES:
        sizes = features.shape[1], domain_vectors.shape[1]
        return ShownFeatures(np.zeros(sizes, np.float32), np.zeros(sizes[1], np.float32))
    deviations = features - features.mean(0, dtype=np.float64)
    distance = max(np.linalg.norm(deviations, axis=1).mean(), constants.LEAST_DIVISOR)
    fitted = inverse_map.fit(deviations, places, vectors, min(_FOLDS, len(present)), _SEED)
    kernel = fitted.kernel / distance
    mean = discriminant.class_means(features, places, len(present)).mean(0)
    return ShownFeatures(kernel.astype(np.float32), -(mean @ kernel).astype(np.float32))


def contributions(class_scores: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Compute the contributions `[N,M]` of the features: positive where both numbers have one sign.

    Args:
      class_scores: How far above its mean the class of each image has the features, `[N,M]`; or the difference between
        two classes, for the reasons for one rather than the other.
      shown: How far above its mean each image shows them, `[N,M]`.
    """
    return class_scores * shown


def find(
    class_scores: np.ndarray, shown: np.ndarray, feature_names: Sequence[str], count: int = textual.COUNT
) -> list[ImageReasons]:
    """List the reasons for and against a class on each image.

    Args:
      class_scores: See `contributions`, `[N,M]`.
      shown: Likewise.
      feature_names: Names of the `M` features.
      count: Largest number of reasons of either kind.
    """
    products, is_shown = contributions(class_scores, shown), shown > 0
    support = textual.best_indices(np.where(is_shown, products, 0.0), feature_names, count)
    opposition = textual.best_indices(-products, feature_names, count)
    names = np.array([[LACKING + name for name in feature_names], list(feature_names)], object)
    return [
        ImageReasons(
            tuple((feature_names[index], float(row[index])) for index in speaking),
            tuple((names[int(on_image[index]), index], float(row[index])) for index in opposing),
        )
        for row, on_image, speaking, opposing in zip(products, is_shown, support, opposition, strict=True)
    ]
