# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the selection of example predictions."""

from __future__ import annotations

import numpy as np

from niwt_tf.explain import decisions

_NAMES = ("ant", "bee", "cat", "fox")


def _image(value: int) -> np.ndarray:
    return np.full((2, 2, 3), value, np.uint8)


def _select(labels: list[int], predictions: list[int]) -> decisions.ExampleSelection:
    selection = decisions.ExampleSelection(_NAMES, _NAMES[:3])
    half = len(labels) // 2
    for part in (slice(0, half), slice(half, None)):  # as batches come
        images = np.stack([_image(number) for number in range(len(labels))[part]])
        selection.add(images, np.array(labels[part]), np.array(predictions[part]))
    return selection


def test_the_first_image_of_each_kind_and_class_is_selected_correct_ones_first() -> None:
    examples = _select([0, 0, 1, 3, 3, 0, 3, 2], [0, 0, 1, 3, 2, 2, 3, 1]).examples()
    assert [(one.label, one.predicted, one.correct) for one in examples] == [
        (3, 3, True),
        (0, 0, True),
        (1, 1, True),
        (3, 2, False),
        (0, 2, False),
        (2, 1, False),
    ]
    assert [int(one.image[0, 0, 0]) for one in examples] == [3, 0, 2, 4, 5, 7]


def test_no_kind_has_more_than_six_examples() -> None:
    names = tuple("abcdefghij")
    selection = decisions.ExampleSelection(names, names)
    labels = np.arange(10)
    selection.add(np.zeros((10, 2, 2, 3), np.uint8), labels, labels)
    selection.add(np.zeros((10, 2, 2, 3), np.uint8), labels, np.zeros(10, int))
    assert [one.correct for one in selection.examples()] == [True] * 6 + [False] * 6


def test_without_images_there_are_no_examples() -> None:
    assert decisions.ExampleSelection(_NAMES, _NAMES[:3]).examples() == []
