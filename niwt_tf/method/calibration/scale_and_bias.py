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


def extend(
    classifier: classifier_lib.Classifier,
    kernel: np.ndarray,
    unseen: tuple[str, ...],
    scale: float,
    scale_unit: str,
    bias: str,
    features: np.ndarray,
) -> classifier_lib.Classifier:
    """Extend a classifier of `C` seen classes by `U` new classes, which come after the seen ones.

    Args:
      classifier: Classifier of the seen classes.
      kernel: Weights `[D,U]` from the transfer.
      unseen: Names of the new classes.
      scale: Size of each new weight vector, as a multiple of the seen ones' mean size; 0 keeps the sizes of `kernel`.
      scale_unit: Measure of size: `spread` is the standard deviation of a logit within classes, `length` the vector's
        length.
      bias: Bias of the new classes: `mean` is the seen classes' mean bias, `zero` is 0, and `level` makes the mean
        logit of each new class over the training images equal to that of the seen classes.
      features: Features `[N,D]` of the training images.
    """
    if scale:
        of_seen, of_new = np.split(_sizes(classifier, kernel, scale_unit, features), [len(classifier.class_names)])
        kernel = kernel * np.divide(
            scale * of_seen.mean(), of_new, out=np.ones_like(of_new), where=of_new > constants.LEAST_DIVISOR
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
    if unit == "spread":
        logits = features @ whole
        _, groups = np.unique((logits[:, : len(classifier.bias)] + classifier.bias).argmax(1), return_inverse=True)
        spreads = (logits - discriminant.class_means(logits, groups, groups.max() + 1)[groups]).std(0)
        if spreads.any():
            return spreads
    return np.linalg.norm(whole, axis=0)
