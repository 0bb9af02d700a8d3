# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Vectors of each class in a finished run: domain vector, predicted and observed importances, and weights."""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

from niwt_tf.method import importance
from niwt_tf.method.domain_map import domain_map
from niwt_tf.runs import artefacts

_IMAGES = 16  # training images on which the importances of unseen classes are computed


@dataclasses.dataclass(frozen=True)
class ClassVectors:
    """Vectors of all classes, the seen first.

    Attributes:
      domain: Domain vectors `[C,M]`.
      predicted: Importances `[C,K]` that the map predicts from `domain`; only directions count.
      observed: Mean `[C,K]` of unit importances: of a seen class over its training images, of an unseen class over some
        training images of seen classes, for the weights that the transfer gave it.
      weights: Weights of the classifier, `[C,D]`.
    """

    domain: np.ndarray
    predicted: np.ndarray
    observed: np.ndarray
    weights: np.ndarray

    @property
    def rank_correlations(self) -> np.ndarray:
        """Spearman's rank correlation `[C]` between predicted and observed importances."""
        return domain_map.rank_correlations(self.predicted, self.observed)


def load(run: artefacts.RunArtefacts) -> ClassVectors:
    """Read or compute the vectors of a run whose stages up to the transfer are done."""
    classifier, importances, domain = run.classifier, run.importances, run.knowledge.vectors
    seen_classes = len(classifier.seen)
    counts = np.bincount(importances.labels, minlength=seen_classes)[:, None]
    of_seen = domain_map.class_sums(importances.values, importances.labels, seen_classes) / counts
    images = np.linspace(0, len(importances.activations) - 1, _IMAGES).astype(int)
    of_unseen = importances_of_weights(
        classifier.backbone.head, importances.activations[images], classifier.kernel[:, seen_classes:]
    )
    predicted = run.domain_map(domain)
    return ClassVectors(domain, predicted, np.concatenate([of_seen, of_unseen]), classifier.kernel.T)


def importances_of_weights(head: tf.keras.Model, activations: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Compute the mean over images of the unit importances `[U,K]` for the weights of each class.

    Args:
      head: Network from activations `[N,H,W,K]` to features `[N,D]`.
      activations: Activations `[N,H,W,K]` of the images.
      kernel: Weights `[D,U]`.
    """
    images = tf.constant(activations, tf.float32)

    @tf.function
    def mean_importances(weights: tf.Tensor) -> tf.Tensor:
        rows = tf.repeat(weights[None], len(activations), axis=0)
        values = importance.importances(importance.inference(head), images, rows)
        return tf.reduce_mean(importance.directions(values)[0], axis=0)

    return np.stack([mean_importances(tf.constant(column, tf.float32)).numpy() for column in kernel.T])
