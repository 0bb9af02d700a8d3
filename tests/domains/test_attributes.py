# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of attributes as vectors, and of what fills their gaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies
from hypothesis.extra import numpy as hypothesis_numpy

from niwt_tf import errors
from niwt_tf.data import zero_shot
from niwt_tf.domains import attributes, domain_vectors

_CLASSES = ("ant", "bee", "polar bear", "dog", "eel")
_Zoo = Callable[..., zero_shot.ZeroShotDataset]


def _load(zoo: _Zoo, values: Any) -> domain_vectors.DomainVectors:
    rows = np.array(values, np.float32)
    names = tuple(f"trait {number}" for number in range(rows.shape[1]))
    own = zero_shot.Attributes(names, dict(zip(_CLASSES, rows, strict=False)), "the zoo's signs")
    return attributes.load(own, zoo())


def test_values_stay_on_their_own_scale(zoo: _Zoo) -> None:
    values = np.array([[0, 1], [1, 0], [0.25, 100], [-3, 1], [1, 1]], np.float32)
    loaded = _load(zoo, values)
    assert loaded.vectors.dtype == np.float32
    np.testing.assert_array_equal(loaded.vectors, values)
    assert loaded.feature_names == ("trait 0", "trait 1")
    assert loaded.source == "2 attributes: the zoo's signs"


def test_rows_are_in_the_order_of_the_classes_and_of_no_other(zoo: _Zoo) -> None:
    values = {name: np.float32([number]) for number, name in enumerate(("eel", "dog", "fly", *_CLASSES[:3]))}
    loaded = attributes.load(zero_shot.Attributes(("size",), values, "signs"), zoo())
    np.testing.assert_array_equal(loaded.vectors[:, 0], [3, 4, 5, 1, 0])


def test_gaps_are_filled_with_the_mean_of_the_seen_by_hand(zoo: _Zoo) -> None:
    gap = np.nan
    loaded = _load(zoo, [[1, gap, 7], [gap, gap, 8], [4, gap, 9], [gap, 5, 100], [90, 7, 100]])
    expected = [[1, 6, 7], [2.5, 6, 8], [4, 6, 9], [2.5, 5, 100], [90, 7, 100]]
    np.testing.assert_array_equal(loaded.vectors, np.float32(expected))
    assert loaded.source == (
        "3 attributes: the zoo's signs; 5 missing values filled with the mean over the classes that have them"
    )


@hypothesis.settings(max_examples=50, deadline=None, derandomize=True)
@hypothesis.given(
    values=hypothesis_numpy.arrays(np.float32, (5, 4), elements=strategies.floats(-100, 100, width=16)),
    gaps=hypothesis_numpy.arrays(bool, (5, 4)),
)
def test_filling_is_nanmean_and_touches_nothing_else(zoo: _Zoo, values: np.ndarray, gaps: np.ndarray) -> None:
    gaps[1] = False  # so that a seen class has each
    values[gaps] = np.nan
    filled = _load(zoo, values).vectors
    np.testing.assert_array_equal(filled[~gaps], values[~gaps])
    means = np.broadcast_to(np.nanmean(values[:3], axis=0, dtype=np.float64), values.shape)
    np.testing.assert_allclose(filled[gaps], means[gaps], rtol=1e-6, atol=1e-6)


def test_an_attribute_that_no_class_has_is_an_error(zoo: _Zoo) -> None:
    with pytest.raises(errors.UserError) as caught:
        _load(zoo, [[1, np.nan, np.nan]] * 5)
    assert str(caught.value) == (
        "Each of the `attributes` must have a value for at least one class. Received: the zoo's signs, where no class "
        "has a value of trait 1, trait 2. Remove these attributes."
    )


def test_a_class_without_attributes_is_an_error(zoo: _Zoo) -> None:
    with pytest.raises(errors.UserError) as caught:
        _load(zoo, [[1.0]] * 3)
    assert str(caught.value) == (
        "`attributes` must describe every class. Received: the zoo's signs, without dog, eel. Add what is missing, or "
        "choose another domain."
    )
