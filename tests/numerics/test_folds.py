# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the folds of classes."""

from __future__ import annotations

import hypothesis
import numpy as np
from hypothesis import strategies as st

from niwt_tf.numerics import folds as folds_lib


@hypothesis.given(st.integers(2, 40), st.integers(2, 12), st.integers(0, 5))
def test_every_class_is_held_out_once_in_folds_of_like_size(classes: int, folds: int, seed: int) -> None:
    sizes = np.bincount(folds_lib.deal(classes, folds, seed))
    assert (len(sizes), sizes.sum()) == (min(folds, classes), classes)
    assert np.ptp(sizes) <= 1


def test_the_seed_determines_the_folds() -> None:
    first, again, other = (folds_lib.deal(30, 6, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_folds_of_seed_0_stay() -> None:
    np.testing.assert_array_equal(folds_lib.deal(9, 3, 0), [2, 2, 0, 0, 1, 1, 1, 2, 0])
