# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of insertion and deletion: curves by hand, and a twin in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from fakes import colours, mapped
from niwt_tf.explain.map_quality import insertion_deletion
from niwt_tf.explain.map_quality import subject as subject_lib

_STEPS = np.linspace(0, 1, 21)
_PIXELS = mapped.SIDE**2


def _subject() -> subject_lib.Subject:
    return subject_lib.Subject(mapped.classifier())


def test_the_area_is_that_of_trapezoids() -> None:
    curves = np.array([[0.0, 1.0], [0.5, 1.0], [1.0, 0.0]])
    np.testing.assert_allclose(insertion_deletion.area(curves), [0.5, 0.75])


def test_places_follow_the_map() -> None:
    places = insertion_deletion.places(np.array([[[4.0, 1], [2, 3]]]), 0)
    np.testing.assert_allclose(places, [[[0.125, 0.875], [0.625, 0.375]]])


def test_equal_pixels_have_no_order_of_their_own() -> None:
    places = insertion_deletion.places(np.zeros((2, 8, 8)), 0)
    np.testing.assert_array_equal(places[0], places[1])
    assert sorted(places[0].ravel()) == [(place + 0.5) / 64 for place in range(64)]
    assert abs(np.corrcoef(places[0].ravel(), np.arange(64))[0, 1]) < 0.4
    assert (insertion_deletion.places(np.zeros((1, 8, 8)), 1) != places[:1]).any()


def test_deletion_by_hand() -> None:
    # The red pixel of 240 goes first; each pixel that goes becomes the mean, 15. So red falls to 0, then rises to 15.
    gone = np.array([sum((pixel + 0.5) / _PIXELS < step for pixel in range(_PIXELS)) for step in _STEPS])
    red = np.where(gone == 0, 240, 0) / _PIXELS + 15 * gone / _PIXELS
    curve = mapped.probability(np.stack([red, 0 * red, 0 * red], -1), colours.RED)
    found = insertion_deletion.make_deletion(_subject())(mapped.red_corner())
    assert found == pytest.approx([insertion_deletion.area(curve[:, None])[0]], rel=1e-5)


def test_insertion_ends_at_the_image_and_likes_the_red_pixel_first() -> None:
    batch = mapped.red_corner()
    measure = insertion_deletion.make_insertion(_subject())
    last = subject_lib.MappedImages(batch.images, batch.classes, batch.maps[:, ::-1, ::-1], batch.boxes)
    first, late = measure(batch)[0], measure(last)[0]
    assert first > late
    assert 1 / 3 < first <= mapped.probability(np.array([15.0, 0, 0]), colours.RED) + 0.01


@pytest.mark.parametrize("inserts", [True, False])
def test_a_twin_in_numpy(inserts: bool) -> None:
    batch = mapped.batch()
    make = insertion_deletion.make_insertion if inserts else insertion_deletion.make_deletion
    mean = np.rint(batch.images.mean((1, 2), keepdims=True)) + 0 * batch.images
    start, end = (insertion_deletion.blur(batch.images), batch.images) if inserts else (batch.images, mean)
    expected = []
    for row in range(len(batch.images)):
        order = np.argsort(-batch.maps[row].ravel())
        curve = []
        for step in _STEPS:
            pixels = start[row].reshape(-1, 3).astype(float)
            for place, pixel in enumerate(order):
                if (place + 0.5) / _PIXELS < step:
                    pixels[pixel] = end[row].reshape(-1, 3)[pixel]
            curve.append(mapped.probability(pixels.mean(0), batch.classes[row]))
        expected.append((curve[0] / 2 + sum(curve[1:-1]) + curve[-1] / 2) / 20)
    found = make(_subject())(batch)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    one_by_one = [make(_subject())(mapped.rows(batch, slice(row, row + 1)))[0] for row in range(2)]
    np.testing.assert_allclose(one_by_one, found[:2], rtol=1e-5)


def test_a_blurred_image_keeps_its_mean_and_loses_its_contrast() -> None:
    image = np.zeros((1, 40, 40, 3), np.uint8)
    image[0, ::2] = 200
    blurred = insertion_deletion.blur(image)
    assert blurred.shape == image.shape and blurred.dtype == np.uint8
    assert np.ptp(blurred[0, 10:30]) <= 2 and blurred.mean() == pytest.approx(100, abs=3)
