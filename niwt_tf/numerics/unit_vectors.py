# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Scale vectors to length 1, because only the direction of domain vectors and importances counts."""

from __future__ import annotations

import numpy as np

from niwt_tf.numerics import constants


def units(rows: np.ndarray) -> np.ndarray:
    """Scale the rows of `[N,M]` to length 1; zeros stay as they are."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), constants.LEAST_DIVISOR)
