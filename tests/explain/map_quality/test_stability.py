# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of stability: changes by hand, and methods that follow the image, or do not."""

from __future__ import annotations

import numpy as np

from fakes import mapped
from niwt_tf.explain.map_quality import stability
from niwt_tf.explain.map_quality import subject as subject_lib


def test_relative_changes_by_hand() -> None:
    maps = np.array([[[3.0, 4]], [[0, 2]], [[0, 0]], [[6, 8]]])
    others = np.array([[[0.0, 0]], [[1, 1]], [[1, 1]], [[4, 4]]])
    # The last, scaled: (3/4, 1), and (1, 1).
    np.testing.assert_allclose(stability.relative_change(maps, others), [1, 1, np.nan, 0.25 / 1.25], rtol=1e-6)


def test_a_map_that_ignores_the_image_is_stable() -> None:
    subject = subject_lib.Subject(mapped.classifier(), make_maps=lambda _: lambda images, classes: mapped.batch().maps)
    np.testing.assert_array_equal(stability.make(subject)(mapped.batch()), np.zeros(5))


def test_the_largest_change_of_eight_images_by_hand() -> None:
    # The map is the first pixel's red, 100 or 5 more or less, beside 200, which is its maximum.
    def draw(images: np.ndarray, classes: np.ndarray) -> np.ndarray:
        seen.append(images)
        red = images[:, :1, :1, 0].astype(np.float32)
        return np.concatenate([red, np.full_like(red, 200)], axis=2)

    seen: list[np.ndarray] = []
    images = np.full((2, 4, 4, 3), 100, np.uint8)
    maps = np.tile([[[100.0, 200]]], (2, 1, 1))
    batch = subject_lib.MappedImages(images, np.zeros(2, int), maps, np.zeros((2, 4)))
    found = stability.make(subject_lib.Subject(mapped.classifier(), make_maps=lambda _: draw))(batch)
    assert len(seen) == 8 and {*np.unique(seen)} == set(range(95, 106))
    expected = max(abs(int(image[0, 0, 0, 0]) - 100) for image in seen) / 200 / np.hypot(0.5, 1)
    np.testing.assert_allclose(found, [expected, expected], rtol=1e-6)


def test_values_stay_within_their_range() -> None:
    images = np.stack([np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)])
    batch = subject_lib.MappedImages(images, np.zeros(2, int), np.ones((2, 1, 1)), np.zeros((2, 4)))

    def draw(images: np.ndarray, classes: np.ndarray) -> np.ndarray:
        assert images.dtype == np.uint8 and images[0].max() <= 5 and images[1].min() >= 250
        return np.ones((2, 1, 1))

    assert not stability.make(subject_lib.Subject(mapped.classifier(), make_maps=lambda _: draw))(batch).any()
