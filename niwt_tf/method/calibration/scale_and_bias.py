# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What importances do not tell of a new class: how large its weights are, and its bias.

Both decide between seen and unseen classes, so they are chosen in the rehearsal (section 5 of the design).
"""

from __future__ import annotations

import numpy as np

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.numerics import discriminant

_TINY = 1e-12


def extend(
    classifier: classifier_lib.Classifier,
    kernel: np.ndarray,
    unseen: tuple[str, ...],
    scale: float,
    scale_unit: str,
    bias: str,
    features: np.ndarray,
) -> classifier_lib.Classifier:
    """Returns the classifier with `U` new classes after the seen ones.

    Args:
      classifier: of the `C` seen classes.
      kernel: weights `[D,U]` from the transfer.
      unseen: the new classes' names.
      scale: how large each new weight vector is, where the seen ones are 1 on average; 0 keeps the sizes of `kernel`.
      scale_unit: `spread` measures size by how much a logit varies within a class, `length` by the vector's length.
      bias: `mean` gives the new classes the seen ones' mean bias, `zero` none, `level` what brings the mean logit of
        each over the training images to that of the seen classes.
      features: `[N,D]` of the training images.
    """
    if scale:
        of_seen, of_new = np.split(_sizes(classifier, kernel, scale_unit, features), [len(classifier.class_names)])
        kernel = kernel * np.divide(scale * of_seen.mean(), of_new, out=np.ones_like(of_new), where=of_new > _TINY)
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
    """Returns the sizes `[C+U]` of the seen and of new weights `[D,U]`: lengths where no logit varies within a class.

    An image's class is the one that the classifier takes it for, which needs no labels.
    """
    whole = np.concatenate([classifier.kernel, kernel.astype(np.float32)], axis=1)
    if unit == "spread":
        logits = features @ whole
        _, groups = np.unique((logits[:, : len(classifier.bias)] + classifier.bias).argmax(1), return_inverse=True)
        spreads = (logits - discriminant.class_means(logits, groups, groups.max() + 1)[groups]).std(0)
        if spreads.any():
            return spreads
    return np.linalg.norm(whole, axis=0)
