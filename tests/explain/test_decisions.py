# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of which decisions are shown."""

from __future__ import annotations

import numpy as np

from niwt_tf.explain import decisions

_NAMES = ("ant", "bee", "cat", "fox")


def _image(value: int) -> np.ndarray:
    return np.full((2, 2, 3), value, np.uint8)


def _album(labels: list[int], predictions: list[int]) -> decisions.Album:
    album = decisions.Album(_NAMES, _NAMES[:3])
    half = len(labels) // 2
    for part in (slice(0, half), slice(half, None)):  # as batches come
        images = np.stack([_image(number) for number in range(len(labels))[part]])
        album.add(images, np.array(labels[part]), np.array(predictions[part]))
    return album


def test_the_first_of_each_kind_and_class_is_kept_right_ones_first() -> None:
    shown = _album([0, 0, 1, 3, 3, 0, 3, 2], [0, 0, 1, 3, 2, 2, 3, 1]).shown()
    assert [(one.label, one.predicted, one.right) for one in shown] == [
        (3, 3, True),
        (0, 0, True),
        (1, 1, True),
        (3, 2, False),
        (0, 2, False),
        (2, 1, False),
    ]
    assert [int(one.image[0, 0, 0]) for one in shown] == [3, 0, 2, 4, 5, 7]


def test_no_kind_has_more_than_its_share() -> None:
    names = tuple("abcdefghij")
    album = decisions.Album(names, names)
    labels = np.arange(10)
    album.add(np.zeros((10, 2, 2, 3), np.uint8), labels, labels)
    album.add(np.zeros((10, 2, 2, 3), np.uint8), labels, np.zeros(10, int))
    assert [one.right for one in album.shown()] == [True] * 6 + [False] * 6


def test_without_images_nothing_is_shown() -> None:
    assert decisions.Album(_NAMES, _NAMES[:3]).shown() == []
