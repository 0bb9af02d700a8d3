# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Similarities between images and what a baseline predicts for classes."""

from __future__ import annotations

import numpy as np

from niwt_tf.numerics import unit_vectors


def cosines(images: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Compute the cosines `[n,C]` between the rows of `[n,M]` and `[C,M]`; 0 for a row of zeros."""
    return unit_vectors.units(images) @ unit_vectors.units(classes).T


def closeness(images: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Compute the negative squared distances `[n,C]` between the rows of `[n,M]` and `[C,M]`."""
    squares = (images**2).sum(1)[:, None] + (classes**2).sum(1)
    return 2 * images @ classes.T - squares
