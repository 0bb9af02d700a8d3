# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""How well activations separate the classes that have a feature from those that do not: areas under ROC curves."""

from __future__ import annotations

import numpy as np
from scipy import stats

from niwt_tf.numerics import choice

_NEURONS = 64  # ranked at a time


def class_has_feature(vectors: np.ndarray) -> np.ndarray:
    """Returns which features each class has, `[C,M]` bool.

    Of an attribute of zeros and ones that is the value 1, else a value above the mean over the classes.

    Args:
      vectors: of the classes, `[C,M]`.
    """
    binary = ((vectors == 0) | (vectors == 1)).all(0)
    return vectors > np.where(binary, 0.5, vectors.mean(0)) + choice.ROUNDING * np.abs(vectors).max(0, initial=0)


def aucs(activations: np.ndarray, labels: np.ndarray, has: np.ndarray) -> np.ndarray:
    """Returns how well each neuron tells images with a feature from those without: the area under the ROC curve.

    Args:
      activations: mean activations over each image, `[N,K]`; may be mapped from disk.
      labels: the images' classes `[N]`.
      has: which features each class has, `[C,M]` bool.

    Returns:
      `[K,M]`: the probability that an image with the feature has the higher activation; 0.5 where all images have the
      feature, or none.
    """
    counts = np.bincount(labels, minlength=len(has))
    present = counts @ has
    pairs = present * (len(labels) - present)
    rank_sums = _rank_sums(activations, labels, len(has)) @ has
    above = rank_sums - present * (present + 1) / 2
    return np.divide(above, pairs, out=np.full(above.shape, 0.5), where=pairs > 0)


def _rank_sums(activations: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Returns the sum `[K,C]` of the ranks that each class's images have among all, neuron by neuron."""
    member = (labels[:, None] == np.arange(classes)).astype(np.float64)
    blocks = [
        stats.rankdata(activations[:, start : start + _NEURONS], axis=0).T @ member
        for start in range(0, activations.shape[1], _NEURONS)
    ]
    return np.concatenate(blocks)
