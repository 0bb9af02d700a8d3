# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the random changes of training images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from niwt_tf.training import augmentation

_IMAGES = np.random.default_rng(0).integers(0, 256, (64, 16, 24, 3), np.uint8)
_SEED = tf.constant([3, 5])


def _shifted(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """Returns the image `[H,W,3]` moved, with its edge repeated: a numpy twin."""
    padded = np.pad(image, ((16, 16), (24, 24), (0, 0)), "edge")
    return padded[16 - down : 32 - down, 24 - right : 48 - right]


def test_a_flip_mirrors_about_half_of_the_images_and_leaves_the_others() -> None:
    flipped = augmentation.flip(tf.constant(_IMAGES), _SEED).numpy()
    mirrored = (flipped == _IMAGES[:, :, ::-1]).all((1, 2, 3))
    np.testing.assert_array_equal(flipped[~mirrored], _IMAGES[~mirrored])
    assert 16 < mirrored.sum() < 48


def test_a_shift_moves_by_up_to_an_eighth_and_repeats_the_edge() -> None:
    shifted = augmentation.shift(tf.constant(_IMAGES), _SEED).numpy()
    assert shifted.shape == _IMAGES.shape and shifted.dtype == np.uint8
    moves = set()
    for image, moved in zip(_IMAGES, shifted, strict=True):
        found = [(y, x) for y in range(-3, 4) for x in range(-4, 5) if (_shifted(image, y, x) == moved).all()]
        assert len(found) == 1
        moves.update(found)
    assert {y for y, _ in moves} == set(range(-2, 3))
    assert {x for _, x in moves} == set(range(-3, 4))


@pytest.mark.parametrize("change", [augmentation.flip, augmentation.shift])
def test_the_seed_alone_decides_in_a_graph_too(change: Callable[..., tf.Tensor]) -> None:
    images = tf.constant(_IMAGES)
    np.testing.assert_array_equal(change(images, _SEED), change(images, _SEED))
    np.testing.assert_array_equal(tf.function(change)(images, _SEED), change(images, _SEED))
    assert (change(images, _SEED).numpy() != change(images, _SEED + 1).numpy()).any()


def test_images_too_small_to_shift_stay_as_they_are() -> None:
    small = tf.constant(_IMAGES[:, :7, :7])
    np.testing.assert_array_equal(augmentation.shift(small, _SEED), small)
