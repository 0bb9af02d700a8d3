# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What teaching within a limit needs of a model's seen classes, computed once: means, predictions, and evidence."""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.method.class_means import evidence as evidence_lib
from niwt_tf.method.class_means import photographs, prediction, statistics
from niwt_tf.method.domain_map import block_weights
from niwt_tf.numerics import constants

_SAME = 1e-3  # share of the scores' spread by which logits of the same analysis differ at most


@dataclasses.dataclass(frozen=True)
class KnownMeans:
    """Class means of a model's seen classes.

    Attributes:
      evidence: Images on which a loss is estimated.
      prediction: Prediction of class means from descriptions.
      doubts: Doubt of a predicted mean, and of the center of all: by whether a class is described.
      factor: Factor that brings scores by class means to the size of the head's logits.
      is_head: True if the head itself is by these class means, so that it needs no gate; see `gate`.
    """

    evidence: evidence_lib.Evidence
    prediction: prediction.MeanPrediction
    doubts: dict[bool, photographs.PriorDoubt]
    factor: float
    is_head: bool

    def weights(self, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute the kernel `[D,U]` and bias `[U]` of classes with whitened means `[U,D]`, in the head's size."""
        kernel, bias = self.evidence.statistics.weights(means)
        return self.factor * kernel, self.factor * (bias + self.evidence.constant)

    def means_of(self, kernel: np.ndarray) -> np.ndarray:
        """Compute the whitened means `[U,D]` from which `weights` made a kernel `[D,U]`."""
        return (kernel.T / self.factor) @ self.evidence.statistics.cholesky

    def coefficients_of(self, means: np.ndarray) -> np.ndarray:
        """Compute coefficients `[U,C]` of the known means that come nearest to whitened means `[U,D]`."""
        known = self.evidence.statistics.means
        own = means @ known.T @ np.linalg.pinv(known @ known.T, hermitian=True)
        return own + (1 - own.sum(1, keepdims=True)) / len(known)


def build(
    classifier: classifier_lib.Classifier,
    features: np.ndarray,
    labels: np.ndarray,
    domain_vectors: np.ndarray,
    shrinkage: float,
    has_gate: bool,
    blocks: block_weights.Blocks = (),
) -> KnownMeans:
    """Compute the class means of seen classes.

    Args:
      classifier: Classifier whose first classes these are.
      features: Features `[N,D]` of training images, without the gate's.
      labels: Seen classes `[N]` of the images, each at least once.
      domain_vectors: Domain vectors `[C,M]` of the seen classes.
      shrinkage: Shrinkage of the features' covariance.
      has_gate: True if the classifier has a gate.
      blocks: Sizes of the blocks of the vectors by source; by default one block.
    """
    seen, size = len(classifier.seen), features.shape[1]
    known = statistics.fit(features.astype(np.float64), labels, seen, shrinkage)
    head = known.white @ known.cholesky.T @ classifier.kernel[:size, :seen] + (
        known.center @ classifier.kernel[:size, :seen] + classifier.bias[:seen]
    )
    scores = statistics.scores(known.white, known.means)
    factor = _factor(head, scores)
    offsets = (head / factor - scores).mean(0)
    spread = float((scores - scores.mean(1, keepdims=True)).std())
    is_head = not has_gate and float((head / factor - scores - offsets).std()) <= _SAME * spread
    predicted = prediction.fit(domain_vectors, known.means, blocks=blocks)
    centers = (1 - np.eye(seen)) / max(seen - 1, 1)
    doubts = {True: photographs.fit(known, predicted.left_out), False: photographs.fit(known, centers)}
    evidence = evidence_lib.left_out(known, offsets if is_head else np.zeros(seen))
    return KnownMeans(evidence, predicted, doubts, factor, is_head)


def _factor(logits: np.ndarray, scores: np.ndarray) -> float:
    """Fit the factor by which scores become logits, up to what all classes have in common."""
    own, other = (rows - rows.mean(1, keepdims=True) for rows in (logits, scores))
    square = max(float((other**2).sum()), constants.LEAST_DIVISOR)
    slope, ratio = float((own * other).sum()) / square, float(np.sqrt((own**2).sum() / square))
    return max(slope, ratio / 10, constants.LEAST_DIVISOR)
