# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Compare the head of a user's classifier with one that is fitted anew, and check the order of its outputs.

The balanced accuracy of the new head is that on left-out photographs, see `class_means.statistics`. That of the user's
head is on photographs that it may have been trained on.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import optimize

from niwt_tf import errors
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.method.class_means import statistics

_MOVED = 0.5  # share of a class's photographs that get another class's output, at least, if outputs are in disorder
_LEAST = 5  # photographs of a class from which disorder is concluded
_BEHIND = 0.2  # balanced accuracy by which a head lies behind a new one if it gets other numbers than in its training


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Balanced accuracies of two heads on photographs of the known classes, 0..1.

    Attributes:
      own: Accuracy of the user's head; None if it has none for these classes.
      refitted: Accuracy of a head that is fitted anew, each photograph left out in turn.
      images: Number of photographs.
    """

    own: float | None
    refitted: float
    images: int

    @property
    def is_doubtful(self) -> bool:
        """True if the user's head is so poor that it may get other numbers than it was trained on."""
        return self.own is not None and self.own < self.refitted - _BEHIND


def compare(
    own: classifier_lib.Classifier | None, features: np.ndarray, labels: np.ndarray, shrinkage: float
) -> Comparison:
    """Compare the user's head with one that is fitted anew by discriminant analysis.

    Args:
      own: Classifier with the user's head; None without one.
      features: Features `[N,D]` of photographs.
      labels: Their classes `[N]`, each with two photographs or more.
      shrinkage: Shrinkage of the covariance for the new head.
    """
    counts = np.bincount(labels)
    known = statistics.fit(features.astype(np.float64), labels, len(counts), shrinkage)
    refitted = (known.left_out_known + np.log(counts / len(labels))).argmax(1)
    own_share = None if own is None else _balanced(own.logits(features).argmax(1), labels)
    return Comparison(own_share, _balanced(refitted, known.labels), len(labels))


def require_order(own: classifier_lib.Classifier, features: np.ndarray, labels: np.ndarray) -> None:
    """Check that outputs are not in another order than the names: most photographs of some classes would be swapped.

    Args:
      own: Classifier with the user's head.
      features: Features `[N,D]` of photographs.
      labels: Their classes `[N]`, each at least once.

    Raises:
      errors.UserError: If they are.
    """
    classes = len(own.class_names)
    counts = np.bincount(labels, minlength=classes)
    pairs = np.bincount(labels * classes + own.logits(features).argmax(1), minlength=classes**2)
    shares = pairs.reshape(classes, classes) / counts[:, None]
    _, output = optimize.linear_sum_assignment(-shares)
    moved = np.flatnonzero(output != np.arange(classes))
    if not len(moved) or shares[moved, output[moved]].min() < _MOVED or counts[moved].min() < _LEAST:
        return
    first = moved[0]
    order = errors.listed((own.class_names[index] for index in np.argsort(output)), classes)
    raise errors.UserError(
        f"`{errors.setting('model')}` must have its outputs in the order in which the classes are described. Received: "
        f"{shares[first, output[first]]:.0%} of the photographs of {own.class_names[first]} get the output of "
        f"{own.class_names[output[first]]}, and so for {len(moved):,} classes. The photographs suggest the order "
        f"{order}."
    )


def _balanced(predictions: np.ndarray, labels: np.ndarray) -> float:
    """Compute the mean over the classes that have images of the share of their images that is right."""
    return float(np.mean([(predictions[labels == label] == label).mean() for label in np.unique(labels)]))
