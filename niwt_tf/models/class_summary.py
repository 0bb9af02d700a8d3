# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What teaching needs of the classes that a model has, so that a class costs the same however many there are.

It follows from the model: it is computed when it is first needed, and each new class adds its own part.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.method.calibration import gamma

_COLUMNS = 256  # classes whose logits are in memory at a time


@dataclasses.dataclass(frozen=True)
class ClassSummary:
    """A summary of a model's classes.

    Attributes:
      importances: Importances `[C,K]` that the domain map predicts for the classes.
      logits: Summary of the classes' logits for the training images; None if all classes are seen.
    """

    importances: np.ndarray
    logits: gamma.LogitSummary | None = None


def summarize_logits(
    classifier: classifier_lib.Classifier,
    features: np.ndarray,
    gamma_transfer: gamma.GammaTransfer,
    before: gamma.LogitSummary | None = None,
) -> gamma.LogitSummary | None:
    """Summarize the logits of a classifier for the training images; None if all its classes are seen.

    Args:
      classifier: Classifier of all classes.
      features: Features `[N,D]` of the training images.
      gamma_transfer: Position of gamma, which determines what the summary holds.
      before: Summary for the same classifier without its last classes; None if there is none.
    """
    seen = len(classifier.seen)
    if not classifier.unseen:
        return None
    if before is None or before.unseen_classes < gamma.MOST_CLASSES:
        first = slice(seen + gamma.MOST_CLASSES)
        before = gamma_transfer.summarize(classifier.logits_of(first, features), seen)
    for start in range(seen + before.unseen_classes, len(classifier.class_names), _COLUMNS):
        before = before.extended(classifier.logits_of(slice(start, start + _COLUMNS), features))
    return before
