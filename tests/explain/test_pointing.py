# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the pointing game, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf.explain import pointing, visual

_NAN = np.nan
_BOX = [0.2, 0.4, 0.6, 0.5]  # ymin, xmin, ymax, xmax: an area of 0.04
_NOTHING = pointing.Pointing(None, None, 0)


def test_points_by_hand() -> None:
    # Inside; below; y and x swapped; at a corner, which counts.
    points = np.array([[0.5, 0.45], [0.7, 0.45], [0.45, 0.55], [0.6, 0.5]])
    result = pointing.point(points, np.array([_BOX] * 4))
    assert result == pointing.Pointing(0.5, pytest.approx(0.04), 4)


def test_hits_are_those_of_each_image() -> None:
    points = np.array([[0.5, 0.45], [0.7, 0.45], [0.5, 0.45], [_NAN, _NAN]])
    hits = pointing.hits(points, np.array([_BOX, _BOX, [_NAN] * 4, _BOX]))
    np.testing.assert_array_equal(hits, [1, 0, _NAN, 0])


def test_chance_is_the_mean_area_of_boxes() -> None:
    boxes = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.5, 0.5], [0.5, 0.0, 1.0, 0.1]], np.float32)
    assert pointing.point(np.full((3, 2), 0.25), boxes) == pointing.Pointing(
        pytest.approx(2 / 3), pytest.approx((1 + 0.25 + 0.05) / 3), 3
    )


def test_an_image_without_a_box_is_left_out() -> None:
    boxes = np.array([_BOX, [_NAN] * 4, [0.0, 0.0, _NAN, 1.0]])
    assert pointing.point(np.array([[0.5, 0.45]] * 3), boxes) == pointing.Pointing(1.0, pytest.approx(0.04), 1)
    assert pointing.point(np.array([[0.5, 0.45]] * 2), boxes[1:]) == _NOTHING
    assert pointing.point(np.zeros((0, 2)), np.zeros((0, 4))) == _NOTHING


def test_an_empty_map_misses_even_the_whole_image() -> None:
    maps = np.stack([np.eye(3), -np.eye(3), np.zeros((3, 3)), np.full((3, 3), _NAN)])
    result = pointing.point(visual.peaks(maps), np.array([[0.0, 0.0, 1.0, 1.0]] * 4))
    assert result == pointing.Pointing(0.25, 1.0, 4)


_HIT, _MISS = [0.5, 0.45], [0.9, 0.9]


def test_parts_by_hand() -> None:
    # The beak: two of three images with it are hit. The tail: none of one. Their mean is 1/3, not 2/4.
    points = np.array([[_HIT, _MISS], [_HIT, _HIT], [_MISS, _HIT], [_HIT, _HIT]])
    has = np.array([[True, True], [True, False], [True, False], [False, False]])
    tail = [0.0, 0.0, 0.5, 0.5]
    boxes = {"beak": np.array([_BOX] * 4), "tail": np.array([tail] * 4)}
    result = pointing.point_at_parts(points, ["beak", "tail"], has, boxes)
    assert result == pointing.Pointing(pytest.approx(1 / 3), pytest.approx((0.04 + 0.25) / 2), 4)


def test_neurons_without_a_part_or_boxes_or_images_are_left_out() -> None:
    points = np.array([[_MISS, _MISS, _HIT, _MISS, _MISS]] * 2)
    has = np.array([[True, True, True, False, True]] * 2)
    boxes = {"beak": np.array([_BOX] * 2), "tail": np.full((2, 4), _NAN)}
    result = pointing.point_at_parts(points, [None, "wing", "beak", "beak", "tail"], has, boxes)
    assert result == pointing.Pointing(1.0, pytest.approx(0.04), 2)
    assert pointing.point_at_parts(points, [None, "wing", "horn", None, "tail"], has, boxes) == _NOTHING
    assert pointing.point_at_parts(np.zeros((2, 0, 2)), [], np.zeros((2, 0), bool), boxes) == _NOTHING
