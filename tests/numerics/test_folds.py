# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the folds of classes."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from niwt_tf.numerics import folds as folds_lib

_Deal = Callable[[int, int, int], np.ndarray]
_DEALINGS = pytest.mark.parametrize("deal", [folds_lib.deal, folds_lib.deal_blocks])


@_DEALINGS
@hypothesis.given(st.integers(2, 40), st.integers(2, 12), st.integers(0, 5))
def test_every_class_is_held_out_once_in_folds_of_like_size(deal: _Deal, classes: int, folds: int, seed: int) -> None:
    sizes = np.bincount(deal(classes, folds, seed))
    assert (len(sizes), sizes.sum()) == (min(folds, classes), classes)
    assert np.ptp(sizes) <= 1


@_DEALINGS
def test_the_seed_determines_the_folds(deal: _Deal) -> None:
    first, again, other = (deal(30, 6, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_folds_of_seed_0_stay() -> None:
    np.testing.assert_array_equal(folds_lib.deal(9, 3, 0), [2, 2, 0, 0, 1, 1, 1, 2, 0])
    np.testing.assert_array_equal(folds_lib.deal_blocks(9, 3, 0), [2, 0, 0, 2, 1, 2, 1, 0, 1])
