# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of scaling and similarities, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf.baselines import scaling, similarity

_FEATURES = np.array([[3.0, 4.0], [0.0, 0.0], [6.0, 8.0]], np.float32)


def test_length_scales_each_image_to_length_one() -> None:
    scale = scaling.fit("length", _FEATURES)
    np.testing.assert_allclose(scale(_FEATURES), [[0.6, 0.8], [0, 0], [0.6, 0.8]])


def test_spread_scales_each_feature_to_the_same_spread() -> None:
    """Means 3 and 4, spreads 3 sqrt(2 / 3) and 4 sqrt(2 / 3), shared by two features."""
    scale = scaling.fit("spread", _FEATURES)
    np.testing.assert_allclose(scale(_FEATURES), np.array([[0, 0], [-1, -1], [1, 1]]) * np.sqrt(3 / 4), atol=1e-6)
    np.testing.assert_allclose(scale(np.array([[6.0, 4.0]])), [[np.sqrt(3 / 4), 0]], atol=1e-6)


@pytest.mark.parametrize("way", scaling.WAYS)
def test_the_mean_squared_length_is_one_in_float32(way: str) -> None:
    features = np.random.default_rng(0).uniform(1, 3, size=(50, 7)).astype(np.float32)
    scaled = scaling.fit(way, features)(features)
    assert scaled.dtype == np.float32
    assert (scaled**2).sum(1).mean() == pytest.approx(1, rel=1e-5)


def test_features_without_spread_become_zero() -> None:
    features = np.array([[5.0, 1.0], [5.0, 3.0]], np.float32)
    np.testing.assert_allclose(scaling.fit("spread", features)(features)[:, 0], 0)


def test_similarities_by_hand() -> None:
    classes = np.array([[3.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(similarity.cosines(_FEATURES, classes), [[0.6, 0.8], [0, 0], [0.6, 0.8]])
    np.testing.assert_allclose(similarity.closeness(_FEATURES, classes), [[-16, -18], [-9, -1], [-73, -85]])
