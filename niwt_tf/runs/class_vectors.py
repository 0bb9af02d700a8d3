# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Vectors of each class in a finished run: domain vector, predicted and observed importances, and weights."""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.method import importance
from niwt_tf.method.domain_map import domain_map, fit
from niwt_tf.runs import artefacts

_IMAGES = 16  # training images on which the importances of unseen classes are computed


@dataclasses.dataclass(frozen=True)
class ClassVectors:
    """Vectors of all classes, the seen first.

    Attributes:
      domain: Domain vectors `[C,M]`.
      predicted: Importances `[C,K]` that the map predicts from `domain`; only directions count.
      observed: Mean `[C,K]` of unit importances: of a seen class those that the map was fitted to, of an unseen class
        over some training images of seen classes, for the weights that the transfer gave it.
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
    counts = np.bincount(importances.labels, minlength=seen_classes)
    images = importance.some_images(importances.activations, _IMAGES)
    of_unseen = importance.of_weights(classifier.backbone.head, images, classifier.kernel[:, seen_classes:])
    observed = np.concatenate([fit.class_sums(importances, counts) / counts[:, None], of_unseen])
    return ClassVectors(domain, run.domain_map(domain), observed, classifier.kernel.T)
