# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of vectors at length 1."""

from __future__ import annotations

import numpy as np

from niwt_tf.numerics import unit_vectors


def test_rows_have_length_1_and_zeros_stay() -> None:
    rows = np.array([[3, 4], [0, 0], [-2, 0]], np.float32)
    found = unit_vectors.units(rows)
    np.testing.assert_allclose(found, [[0.6, 0.8], [0, 0], [-1, 0]], rtol=1e-6)
    assert found.dtype == np.float32
