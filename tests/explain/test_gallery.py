# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what drives neurons: blobs planted in images, for a network whose neurons are colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import tensorflow as tf

from fakes import colours
from niwt_tf.data import zero_shot
from niwt_tf.explain import gallery

_POSITIONS, _PATCH = 8, 4
_SIDE = _POSITIONS * _PATCH
_SHARE = 4 / _POSITIONS**2  # of the positions, on a blob


def _split(images: np.ndarray) -> zero_shot.Split:
    return zero_shot.Split(tf.data.Dataset.from_tensor_slices(images), np.zeros(len(images), np.int64))


def _planted(blobs: Sequence[tuple[int, int, int, int]]) -> np.ndarray:
    """Returns an image for each blob: its colour, strength, and the position of its upper left; it is 2 x 2 large."""
    images = np.zeros((len(blobs), _SIDE, _SIDE, 3), np.uint8)
    for image, (colour, strength, row, column) in zip(images, blobs, strict=True):
        image[row * _PATCH : (row + 2) * _PATCH, column * _PATCH : (column + 2) * _PATCH, colour] = strength
    return images


def _strongest(
    images: np.ndarray, neurons: Sequence[int] = (0, 1, 2), count: int = gallery.COUNT, batch: int = 128
) -> gallery.Strongest:
    activations = colours.backbone(_POSITIONS, _PATCH).trunk(images).numpy()
    strongest = gallery.Strongest.empty(3, _POSITIONS, _POSITIONS, count)
    for first in range(0, len(images), batch):
        strongest = strongest.merged(activations[first : first + batch], first)
    return strongest.select(neurons)


def _collect(
    images: np.ndarray,
    neurons: Sequence[int] = (0, 1, 2),
    count: int = gallery.COUNT,
    crop_size: int = gallery.CROP_SIZE,
) -> gallery.Gallery:
    return gallery.cut_out(_strongest(images, neurons, count), _split(images), crop_size)


_BLOBS = [
    (colours.RED, 90, 0, 0),
    (colours.GREEN, 200, 3, 5),
    (colours.RED, 250, 6, 2),
    (colours.RED, 120, 2, 6),
    (colours.GREEN, 30, 4, 4),
    (colours.RED, 60, 1, 1),
]


def test_the_strongest_images_come_first() -> None:
    strongest = _strongest(_planted(_BLOBS), count=3)
    expected = np.array([[250, 120, 90], [200, 30, -np.inf], [-np.inf] * 3]) * _SHARE
    np.testing.assert_allclose(strongest.activations, expected, rtol=1e-5)
    collected = gallery.cut_out(strongest, _split(_planted(_BLOBS)))
    np.testing.assert_array_equal(collected.indices, [[2, 3, 0], [1, 4, -1], [-1, -1, -1]])
    assert collected.crops.shape == (3, 3, 64, 64, 3) and collected.crops.dtype == np.uint8


def test_a_large_faint_blob_comes_before_a_small_bright_one_as_its_mean_is_higher() -> None:
    images = _planted([(colours.RED, 200, 3, 3)] * 2)
    images[1, ..., colours.RED] = 60
    np.testing.assert_array_equal(_collect(images, [0], count=2).indices, [[1, 0]])


def test_crops_show_the_blob_and_nothing_else() -> None:
    collected = _collect(_planted(_BLOBS), count=3, crop_size=8)
    for row, (colour, strengths) in enumerate([(colours.RED, (250, 120, 90)), (colours.GREEN, (200, 30))]):
        for crop, strength in zip(collected.strip(row), strengths, strict=True):
            expected = np.zeros((8, 8, 3), np.uint8)
            expected[..., colour] = strength
            np.testing.assert_array_equal(crop, expected)


def test_fewer_images_than_places_leave_places_empty() -> None:
    collected = _collect(_planted(_BLOBS), count=4)
    assert [len(collected.strip(row)) for row in range(3)] == [4, 2, 0]
    assert not collected.crops[1, 2:].any() and not collected.crops[2].any()
    assert [len(_collect(_planted(_BLOBS[:1])).strip(row)) for row in range(3)] == [1, 0, 0]


def test_batches_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (11, _SIDE, _SIDE, 3), np.uint8)
    at_once = _collect(images, count=4)
    strongest = images.reshape(11, 8, 4, 8, 4, 3).mean((1, 2, 3, 4)).T
    np.testing.assert_array_equal(at_once.indices, np.argsort(-strongest, axis=1)[:, :4])
    for size in (1, 3):
        monkeypatch.setattr(gallery, "_BATCH_SIZE", size)
        strongest = _strongest(images, count=4, batch=size)
        np.testing.assert_array_equal(strongest.indices, at_once.indices)
        np.testing.assert_allclose(strongest.activations, _strongest(images, count=4).activations, rtol=1e-5)
        np.testing.assert_array_equal(gallery.cut_out(strongest, _split(images)).crops, at_once.crops)


def test_of_equal_images_the_first_come_first() -> None:
    strongest = _strongest(_planted([(colours.BLUE, 50, place, place) for place in range(5)]), [2], count=3, batch=2)
    np.testing.assert_array_equal(strongest.indices, [[0, 1, 2]])


def test_neurons_are_selected_in_the_order_of_the_argument() -> None:
    collected = _collect(_planted(_BLOBS), [1, 0], count=1)
    np.testing.assert_array_equal(collected.indices, [[1], [2]])
    assert _collect(_planted(_BLOBS), [], count=2).crops.shape == (0, 2, 64, 64, 3)


def test_a_wide_focus_is_cropped_square_within_the_image() -> None:
    # Four positions wide and one high, at the top: the square cannot go above the image.
    image = np.zeros((1, _SIDE, _SIDE, 3), np.uint8)
    image[0, :_PATCH, 2 * _PATCH : 6 * _PATCH, colours.RED] = 100
    image[0, _PATCH : 4 * _PATCH, 2 * _PATCH : 6 * _PATCH, colours.BLUE] = 70
    (crop,) = _collect(image, [0], crop_size=16).strip(0)
    np.testing.assert_array_equal(crop, image[0, :16, 8:24])


def test_a_focus_on_the_whole_image_is_the_image() -> None:
    image = np.random.default_rng(0).integers(100, 120, (1, _SIDE, _SIDE, 3), np.uint8)
    (crop,) = _collect(image, [0], crop_size=_SIDE).strip(0)
    np.testing.assert_array_equal(crop, image[0])
