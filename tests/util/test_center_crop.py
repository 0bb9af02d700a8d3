# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of images of any size as a network takes them."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from niwt_tf.util import center_crop


def _images(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, *shape, 3), dtype=np.uint8)


def _fit(images: np.ndarray, size: int) -> np.ndarray:
    return center_crop.fit(tf.constant(images), size).numpy()


def test_images_of_that_size_stay_as_they_are() -> None:
    np.testing.assert_array_equal(_fit(_images(8, 8), 8), _images(8, 8))


@pytest.mark.parametrize(("height", "width", "top", "left"), [(8, 12, 0, 2), (13, 8, 2, 0)])
def test_the_middle_square_counts(height: int, width: int, top: int, left: int) -> None:
    images = _images(height, width)
    np.testing.assert_array_equal(_fit(images, 8), images[:, top : top + 8, left : left + 8])


def test_shrinking_averages() -> None:
    checks = np.indices((64, 64)).sum(0) % 2 * 200
    fitted = _fit(np.repeat(checks[None, ..., None], 3, axis=-1).astype(np.uint8), 16)
    assert fitted.shape == (1, 16, 16, 3) and fitted.dtype == np.uint8
    np.testing.assert_allclose(fitted[:, 2:-2, 2:-2].astype(int), 100, atol=2)


@pytest.mark.parametrize("shape", [(5, 5), (5, 40), (100, 31)])
def test_a_graph_for_all_sizes_gives_the_same(shape: tuple[int, int]) -> None:
    fit = tf.function(
        lambda images: center_crop.fit(images, 16), input_signature=[tf.TensorSpec([None] * 3 + [3], tf.uint8)]
    )
    np.testing.assert_array_equal(fit(_images(*shape)).numpy(), _fit(_images(*shape), 16))
    assert _fit(_images(*shape), 16).shape == (2, 16, 16, 3)
