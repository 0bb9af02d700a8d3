# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the resize that converters know: by hand, and equal to TensorFlow's antialiased one."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from fakes import exported
from niwt_tf.export import resize
from niwt_tf.util import center_crop


def test_weights_of_half_the_size_are_triangles_two_pixels_wide() -> None:
    expected = [[3 / 7, 3 / 7, 1 / 7, 0], [0, 1 / 7, 3 / 7, 3 / 7]]
    np.testing.assert_allclose(resize.weights(tf.constant(4), 2), expected, rtol=1e-6)


def test_weights_of_twice_the_size_lie_between_two_pixels() -> None:
    expected = [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]
    np.testing.assert_allclose(resize.weights(tf.constant(2), 4), expected, rtol=1e-6)


def test_weights_of_the_same_size_change_nothing() -> None:
    np.testing.assert_array_equal(resize.weights(tf.constant(227), 227), np.eye(227))


@pytest.mark.parametrize("size", [(8, 8), (20, 31), (50, 6), (7, 7), (3, 9), (1, 1), (1, 40), (300, 200)])
def test_images_are_those_of_the_live_model_up_to_rounding(size: tuple[int, int]) -> None:
    images = exported.images(5, *size)
    found, expected = resize.fit(tf.constant(images), 8), center_crop.fit(tf.constant(images), 8)
    assert found.dtype == tf.uint8 and found.shape == (5, 8, 8, 3)
    difference = np.abs(found.numpy().astype(int) - expected.numpy().astype(int))
    assert difference.max() <= 1 and difference.mean() < 0.02
    if size == (8, 8):
        np.testing.assert_array_equal(found, images)


def test_the_middle_square_counts() -> None:
    image = np.zeros((1, 4, 10, 3), np.uint8)
    image[:, :, 3:7] = 200
    assert np.unique(resize.fit(tf.constant(image), 2, count=1)).tolist() == [200]
