# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of average drop and increase, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from fakes import colours, mapped
from niwt_tf.explain.map_quality import average_drop
from niwt_tf.explain.map_quality import subject as subject_lib


def test_numbers_by_hand() -> None:
    whole, shown = np.array([0.8, 0.5, 0.5]), np.array([0.2, 0.5, 0.9])
    np.testing.assert_allclose(average_drop.drop(whole, shown), [0.75, 0, 0])
    np.testing.assert_array_equal(average_drop.increase(whole, shown), [0, 0, 1])


def test_the_image_is_multiplied_by_its_map() -> None:
    # Red on the left, green on the right, 80 each in the mean. The map of red shows the left, at 1 and at a half.
    image = np.zeros((1, 4, 4, 3), np.uint8)
    image[0, :, :2, colours.RED] = image[0, :, 2:, colours.GREEN] = 160
    values = np.zeros((1, 4, 4), np.float32)
    values[0, :2, :2], values[0, 2:, :2] = 6, 3
    classes, boxes = np.array([colours.RED]), np.full((1, 4), np.nan)
    subject = subject_lib.Subject(mapped.classifier())
    whole, shown = (mapped.probability(np.array(means), colours.RED) for means in ([80.0, 80, 0], [60.0, 0, 0]))
    batch = subject_lib.MappedImages(image, classes, values, boxes)
    assert average_drop.make_drop(subject)(batch) == pytest.approx([0])
    assert average_drop.make_increase(subject)(batch) == [1]
    other = subject_lib.MappedImages(image, classes, values[:, :, ::-1], boxes)
    without = mapped.probability(np.array([0.0, 60, 0]), colours.RED)
    assert shown > whole > without
    assert average_drop.make_drop(subject)(other) == pytest.approx([(whole - without) / whole], rel=1e-5)
    assert average_drop.make_increase(subject)(other) == [0]


def test_an_empty_map_shows_a_black_image() -> None:
    batch = mapped.batch(3)
    empty = subject_lib.MappedImages(batch.images, batch.classes, np.zeros((3, 2, 2), np.float32), batch.boxes)
    whole = [mapped.probability(*pair) for pair in zip(batch.images.mean((1, 2)), batch.classes, strict=True)]
    found = average_drop.make_drop(subject_lib.Subject(mapped.classifier()))(empty)
    np.testing.assert_allclose(found, np.maximum(np.array(whole) - 1 / 3, 0) / whole, atol=1e-6)
