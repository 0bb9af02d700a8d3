# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Scale and bias of the weights of new classes, which importances do not determine.

Both shift decisions between seen and unseen classes, so they are chosen in validation with pseudo-unseen classes
(section 5 of the design).
"""

from __future__ import annotations

import numpy as np

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.numerics import constants, discriminant

_COLUMNS = 256  # classes whose logits are in memory at a time
SPREAD, LENGTH = "spread", "length"  # units of a scale; new runs have the first


def extend(
    classifier: classifier_lib.Classifier,
    kernel: np.ndarray,
    unseen: tuple[str, ...],
    scale: float,
    bias: str,
    features: np.ndarray,
    scale_unit: str = SPREAD,
) -> classifier_lib.Classifier:
    """Extend a classifier of `C` seen classes by `U` new classes, which come after the seen ones.

    Args:
      classifier: Classifier of the seen classes.
      kernel: Weights `[D,U]` from the transfer.
      unseen: Names of the new classes.
      scale: Size of each new weight vector, as a multiple of the seen ones' mean size; 0 keeps the sizes of `kernel`.
      bias: Bias of the new classes: `mean` is the seen classes' mean bias, `zero` is 0, and `level` makes the mean
        logit of each new class over the training images equal to that of the seen classes.
      features: Features `[N,D]` of the training images.
      scale_unit: Measure of size: `SPREAD`, the standard deviation of a logit within classes, or for models of earlier
        versions `LENGTH`, the vector's length.
    """
    if scale:
        sizes = _sizes(classifier, kernel, scale_unit, features)
        seen, new = np.split(sizes, [len(classifier.class_names)])
        kernel = kernel * np.divide(
            scale * seen.mean(), new, out=np.ones_like(new), where=new > constants.LEAST_DIVISOR
        )
    new_bias = np.full(len(unseen), classifier.bias.mean() if bias == "mean" else 0.0)
    if bias == "level":
        average = np.mean(features, axis=0, dtype=np.float64)
        new_bias = (average @ classifier.kernel + classifier.bias).mean() - average @ kernel
    return classifier_lib.Classifier(
        classifier.backbone,
        np.concatenate([classifier.kernel, kernel], 1).astype(np.float32),
        np.concatenate([classifier.bias, new_bias]).astype(np.float32),
        classifier.class_names + unseen,
        unseen,
    )


def _sizes(classifier: classifier_lib.Classifier, kernel: np.ndarray, unit: str, features: np.ndarray) -> np.ndarray:
    """Compute the sizes `[C+U]` of the seen and the new weights: their lengths if no logit varies within a class.

    The class of an image is the one that the classifier predicts, so that no labels are needed.
    """
    whole = np.concatenate([classifier.kernel, kernel.astype(np.float32)], axis=1)
    if unit == SPREAD:
        spreads = _spreads(classifier, whole, features)
        if spreads.any():
            return spreads
    return np.linalg.norm(whole, axis=0)


def _spreads(classifier: classifier_lib.Classifier, kernel: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Compute the standard deviations `[C]` of logits within classes, for some columns of `kernel [D,C]` at a time."""
    _, groups = np.unique((features @ classifier.kernel + classifier.bias).argmax(1), return_inverse=True)
    parts = np.array_split(kernel, -(-kernel.shape[1] // _COLUMNS), axis=1)
    return np.concatenate([_spread(features @ part, groups) for part in parts])


def _spread(logits: np.ndarray, groups: np.ndarray) -> np.ndarray:
    return (logits - discriminant.class_means(logits, groups, groups.max() + 1)[groups]).std(0)
