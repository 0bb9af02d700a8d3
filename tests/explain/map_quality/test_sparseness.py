# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of sparseness: Gini indices by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fakes import mapped
from niwt_tf.explain.map_quality import sparseness
from niwt_tf.explain.map_quality import subject as subject_lib


def test_indices_by_hand() -> None:
    maps = np.array([[[1.0, 1], [1, 1]], [[0, 0], [0, 7]], [[1, 2], [3, 4]], [[0, 0], [0, 0]]])
    # 1, 2, 3, 4 of 10: 1 - 2 (0.1 * 3.5 + 0.2 * 2.5 + 0.3 * 1.5 + 0.4 * 0.5) / 4 = 0.25
    np.testing.assert_allclose(sparseness.gini(maps), [0, 0.75, 0.25, np.nan], atol=1e-12)


@given(arrays.arrays(np.float32, (1, 3, 4), elements=st.floats(0, 1e3, width=32)), st.floats(0.1, 10))
def test_it_is_a_share_and_scale_does_not_matter(maps: np.ndarray, factor: float) -> None:
    index = sparseness.gini(maps)[0]
    if maps.sum() > 1e-3:
        assert -1e-9 <= index < 1
        assert sparseness.gini(maps.astype(np.float64) * factor)[0] == pytest.approx(index, abs=1e-6)


def test_maps_are_compared_in_the_size_of_images() -> None:
    batch = mapped.batch()
    small = subject_lib.MappedImages(batch.images, batch.classes, np.eye(2, dtype=np.float32)[None], batch.boxes)
    found = sparseness.make(subject_lib.Subject(mapped.classifier()))(small)
    np.testing.assert_allclose(found, sparseness.gini(small.large_maps))
    assert found[0] != pytest.approx(0.5)
