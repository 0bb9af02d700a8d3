# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The oracle: an upper bound, trained on images of unseen classes.

It is the run's own kind of classifier, fitted to the seen classes' training images and to half of each unseen class's
test images, and tested on the other half; then the halves are exchanged. Domain vectors play no part. No class is
unseen for the oracle, so gamma is 0, and no setting has to be chosen.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.baselines import method
from niwt_tf.numerics import discriminant

CANDIDATES = (config_lib.BackboneConfig(),)


def fit(problem: method.Problem, setting: config_lib.BackboneConfig) -> method.Scores:
    """Fit the classifier; the scores are logits, and minus infinity for classes without a label."""
    classes, labels = np.unique(problem.labels, return_inverse=True)
    kernel, bias = _fit(problem.features, labels, len(classes), setting, problem.seed)

    def scores(features: np.ndarray) -> np.ndarray:
        logits = np.full((len(features), len(problem.vectors)), -np.inf, np.float32)
        logits[:, classes] = features @ kernel + bias
        return logits

    return scores


def _fit(
    features: np.ndarray, labels: np.ndarray, classes: int, setting: config_lib.BackboneConfig, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    if setting.classifier == "discriminant":
        return discriminant.fit(features, labels, classes, setting.classifier_shrinkage)
    from niwt_tf.training import softmax_regression  # starts TensorFlow

    with tempfile.TemporaryDirectory() as folder:
        held_out = np.zeros(len(labels), bool)
        return softmax_regression.fit(features, labels, classes, held_out, setting, seed, Path(folder))


def halves(labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Split images into two halves `[N]` bool, each with about half of every class.

    Raises:
      errors.UserError: If a class has only one image.
    """
    rng = np.random.default_rng([seed, 0x0AC1E])
    first = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        if len(members) < 2:
            raise errors.UserError(
                "`oracle` must have at least two test images of each unseen class. Received: one image of class "
                f"{label}. Add test images of it, or leave the oracle out."
            )
        first[members[: len(members) // 2]] = True
    return first, ~first
