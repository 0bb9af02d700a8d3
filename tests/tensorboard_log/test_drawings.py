# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the drawings for TensorBoard, pixel by pixel where it counts."""

from __future__ import annotations

import numpy as np

from niwt_tf.evaluation import gzsl
from niwt_tf.tensorboard_log import drawings

_BLUE = [11, 87, 208]


def test_the_curve_passes_through_its_points_and_the_dot_lies_where_it_was_chosen() -> None:
    curve = gzsl.Curve(np.array([0.0]), np.array([0.5, 0.0]), np.array([0.0, 0.5]))
    image = drawings.curve(curve, (0.75, 0.75))
    assert image.dtype == np.uint8 and image.shape == (550, 560, 3)
    assert image[20 + 360, 60 + 120].tolist() == _BLUE  # the middle of the line, U = S = 0.25
    assert image[20 + 120, 60 + 360].tolist() == _BLUE
    assert image[20 + 200, 60 + 200].tolist() == [255, 255, 255]


def test_confusion_has_right_green_wrong_red_and_nothing_white() -> None:
    image = drawings.confusion(np.array([[4, 0], [1, 3]]), 1)
    assert image.shape == (720, 720, 3)
    (right, none), (wrong, mostly) = image[180::360, 180::360]
    assert right.tolist() == [26, 127, 82] and none.tolist() == [255, 255, 255]
    assert wrong.tolist() == [217, 146, 142]  # the square root of a quarter: half way from white to red
    assert mostly[1] > mostly[0] > right[0]
    assert (image[360] == [27, 31, 36]).all() and (image[:, 360] == [27, 31, 36]).all()


def test_many_classes_have_a_pixel_each() -> None:
    assert drawings.confusion(np.eye(800, dtype=int), 700).shape == (800, 800, 3)
