# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of MuFidelity: correlations by hand, subsets, and a map that is exactly what the class rests on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fakes import colours, mapped
from niwt_tf.explain.map_quality import mufidelity
from niwt_tf.explain.map_quality import subject as subject_lib

_SIDE = 9


def test_correlations_by_hand() -> None:
    first = np.array([[1.0, 2, 3], [1, 2, 3], [1, 2, 4], [5, 5, 5]])
    second = np.array([[2.0, 4, 6], [3, 2, 1], [0, 1, 0], [1, 2, 3]])
    # (1, 2, 4) less 7/3, and (0, 1, 0) less 1/3: products sum to -1/3, squares to 14/3 and 2/3.
    expected = [1, -1, -1 / 3 / np.sqrt(14 / 3 * 2 / 3), np.nan]
    np.testing.assert_allclose(mufidelity.correlations(first, second), expected)


@pytest.mark.parametrize("side", [9, 64, 224])
def test_each_subset_has_16_of_81_cells(side: int) -> None:
    subsets = mufidelity.choose_subsets(side, 0)
    assert subsets.shape == (64, side, side)
    middles = (np.arange(9) * side + side // 2) // 9
    assert (subsets[:, middles][:, :, middles].sum((1, 2)) == 16).all()
    np.testing.assert_array_equal(subsets, mufidelity.choose_subsets(side, 0))
    assert (subsets != mufidelity.choose_subsets(side, 1)).any()


def _subject() -> subject_lib.Subject:
    classifier = dataclasses.replace(mapped.classifier(), backbone=colours.backbone(_SIDE))
    return subject_lib.Subject(classifier)


def _batch(reverses: bool = False) -> subject_lib.MappedImages:
    """Returns images whose redness varies, with the redness, or what lacks of it, as the map of red."""
    red = np.random.default_rng(0).integers(0, 256, (3, _SIDE, _SIDE), np.uint8)
    images = np.stack([red, 0 * red, 0 * red], axis=-1)
    values = (255 - red if reverses else red).astype(np.float32)
    return subject_lib.MappedImages(images, np.full(3, colours.RED), values, np.full((3, 4), np.nan))


def test_a_map_of_what_counts_is_faithful_and_its_reverse_is_not() -> None:
    measure = mufidelity.make(_subject())
    assert (measure(_batch()) > 0.99).all()
    assert (measure(_batch(reverses=True)) < -0.99).all()
    np.testing.assert_allclose(measure(mapped.rows(_batch(), slice(1, 2))), measure(_batch())[1:2], rtol=1e-5)


def test_it_is_not_defined_where_nothing_varies() -> None:
    batch = _batch()
    level = subject_lib.MappedImages(batch.images, batch.classes, np.ones_like(batch.maps), batch.boxes)
    grey = subject_lib.MappedImages(np.full_like(batch.images, 9), batch.classes, batch.maps, batch.boxes)
    measure = mufidelity.make(_subject())
    assert np.isnan(measure(level)).all() and np.isnan(measure(grey)).all()
