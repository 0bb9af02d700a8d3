# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measures how well activations separate classes that have a feature from others: areas under ROC curves."""

from __future__ import annotations

import numpy as np
from scipy import stats

from niwt_tf.numerics import choice

_NEURONS = 64  # ranked at a time


def class_has_feature(vectors: np.ndarray) -> np.ndarray:
    """Compute a mask of the features that each class has, `[C,M]` bool.

    A class has a feature of zeros and ones if its value is 1, and any other feature if its value is above the mean over
    the classes.

    Args:
      vectors: Domain vectors of the classes, `[C,M]`.
    """
    binary = ((vectors == 0) | (vectors == 1)).all(0)
    return vectors > np.where(binary, 0.5, vectors.mean(0)) + choice.ROUNDING * np.abs(vectors).max(0, initial=0)


def aucs(activations: np.ndarray, labels: np.ndarray, has: np.ndarray) -> np.ndarray:
    """Compute how well each neuron separates images with a feature from others: the area under the ROC curve.

    Args:
      activations: Mean activations over each image, `[N,K]`; may be mapped from disk.
      labels: Classes of the images, `[N]`.
      has: True for features that a class has, `[C,M]` bool.

    Returns:
      `[K,M]`: Probability that an image with the feature has the higher activation than one without; 0.5 if all images
      have the feature, or none has it.
    """
    counts = np.bincount(labels, minlength=len(has))
    present = counts @ has
    pairs = present * (len(labels) - present)
    rank_sums = _rank_sums(activations, labels, len(has)) @ has
    above = rank_sums - present * (present + 1) / 2
    return np.divide(above, pairs, out=np.full(above.shape, 0.5), where=pairs > 0)


def _rank_sums(activations: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Compute the sum `[K,C]` of the ranks of each class's images among all images, for each neuron."""
    member = (labels[:, None] == np.arange(classes)).astype(np.float64)
    blocks = [
        stats.rankdata(activations[:, start : start + _NEURONS], axis=0).T @ member
        for start in range(0, activations.shape[1], _NEURONS)
    ]
    return np.concatenate(blocks)
