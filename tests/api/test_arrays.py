# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of a user's arrays as the library takes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.api import arrays
from niwt_tf.data import zero_shot

_LABELS = np.array([0, 1, 2, 1, 0])


def _images(count: int = 5, height: int = 4, width: int = 4) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, height, width, 3), np.uint8)


def test_arrays_come_back_as_they_were() -> None:
    images, labels = arrays.to_arrays(arrays.as_split(_images(), _LABELS, 3, 4))
    np.testing.assert_array_equal(images, _images())
    np.testing.assert_array_equal(labels, _LABELS)
    assert (images.dtype, labels.dtype) == (np.uint8, np.int64)


def test_no_images_are_no_arrays() -> None:
    images, labels = arrays.to_arrays(zero_shot.Split(tf.data.Dataset.range(0), np.zeros(0, np.int64)))
    assert (len(images), len(labels)) == (0, 0)


def test_other_sizes_are_fitted_to_their_middle_squares() -> None:
    wide = np.concatenate([np.zeros((1, 2, 1, 3), np.uint8), _images(1, 2, 2), np.full((1, 2, 1, 3), 255, np.uint8)], 2)
    images, _ = arrays.to_arrays(arrays.as_split(wide, np.array([0]), 1, 2))
    np.testing.assert_array_equal(images, _images(1, 2, 2))
    images, _ = arrays.to_arrays(arrays.as_split(_images(1, 8, 8), np.array([0]), 1, 4))
    assert images.shape == (1, 4, 4, 3)


def test_images_may_be_mapped_from_disk(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", _images())
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    images, _ = arrays.to_arrays(arrays.as_split(mapped, _LABELS, 3, 4))
    np.testing.assert_array_equal(images, _images())


@pytest.mark.parametrize(
    ("images", "received"),
    [
        (_images() / 255, r"\[5, 4, 4, 3\] of type float64"),
        (_images()[0], r"\[4, 4, 3\] of type uint8"),
        (_images()[..., :1], r"\[5, 4, 4, 1\]"),
    ],
)
def test_what_are_no_images(images: np.ndarray, received: str) -> None:
    with pytest.raises(errors.UserError, match=rf"^`images` must be .* uint8, RGB in 0..255. Received: {received}"):
        arrays.as_split(images, _LABELS, 3, 4)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([0, 1, 2, 1], r"must be a whole number for each image, \[5\]. Received: \[4\] of type int64"),
        ([0.0, 1, 2, 1, 0], r"Received: \[5\] of type float64"),
        ([0, 1, 1, 1, 0], "must be from 0 to 2, each class at least once. Received: no image of 2"),
        ([0, 1, 3, 1, 2], "Received: 3"),
        ([0, 1, -1, 1, 2], "Received: -1"),
    ],
)
def test_what_are_no_labels(labels: list[float], told: str) -> None:
    with pytest.raises(errors.UserError, match=rf"^`labels` .*{told}"):
        arrays.as_split(_images(), np.array(labels), 3, 4)
