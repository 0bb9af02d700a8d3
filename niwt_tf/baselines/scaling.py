# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Brings features to about length 1 before a baseline sees them: in either of the two ways that are in use.

Public implementations divide each image's features by their length, or take from each feature its mean and divide by
its spread, and choose which on validation classes. Both ways end at a mean squared length of 1, so that the same
penalties and learning rates suit both, and any network's features.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from niwt_tf.numerics import unit_vectors

WAYS = ("length", "spread")
_EPSILON = 1e-12


def fit(way: str, features: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Returns a function of features `[n,D]`.

    Args:
      way: one of `WAYS`: `length` brings each image to length 1; `spread` brings each feature to mean 0 and the same
        variance. Features without spread become 0.
      features: `[N,D]` of the training images, which say the means and spreads.
    """
    if way == "length":
        return unit_vectors.units
    center, spread = features.mean(0), features.std(0)
    factors = np.where(spread > _EPSILON, 1 / np.maximum(spread, _EPSILON), 0) / np.sqrt(features.shape[1])
    return lambda values: ((values - center) * factors).astype(values.dtype)
