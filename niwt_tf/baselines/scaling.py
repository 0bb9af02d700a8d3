# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Scale features to about length 1 before a baseline uses them, in one of the two usual ways.

Public implementations divide each image's features by their length, or subtract from each feature its mean and divide
by its spread, and choose between these on validation classes. Both ways give a mean squared length of 1, so that the
same penalties and learning rates suit both, and any network's features.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from niwt_tf.numerics import constants, unit_vectors

WAYS = ("length", "spread")


def fit(way: str, features: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Fit a function that scales features `[n,D]`.

    Args:
      way: One of `WAYS`: `length` scales each image to length 1; `spread` scales each feature to mean 0 and the same
        variance. Features without spread become 0.
      features: `[N,D]` features of the training images, which determine the means and spreads.
    """
    if way == "length":
        return unit_vectors.units
    center, spread = features.mean(0), features.std(0)
    least = constants.LEAST_DIVISOR
    factors = np.where(spread > least, 1 / np.maximum(spread, least), 0) / np.sqrt(features.shape[1])
    return lambda values: ((values - center) * factors).astype(values.dtype)
