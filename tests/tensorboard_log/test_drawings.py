# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the drawings for TensorBoard, by the colours of their pixels."""

from __future__ import annotations

import numpy as np

from niwt_tf.evaluation import gzsl
from niwt_tf.tensorboard_log import drawings

_BLUE = (11, 87, 208)


def _center(image: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Returns the mean place (row, column) of the pixels of a colour, as shares of the image."""
    places = np.argwhere((image == colour).all(-1))
    assert len(places)
    return places.mean(0) / image.shape[:2]


def _share(image: np.ndarray, colour: tuple[int, int, int]) -> float:
    return float((image == colour).all(-1).mean())


def test_the_curve_and_the_dot_lie_where_they_must() -> None:
    line = gzsl.Curve(np.array([0.0]), np.array([0.5, 0.5]), np.array([0.0, 1.0]))  # S is 0.5 whatever U is
    low, high = (drawings.curve(line, (0.5, seen)) for seen in (0.1, 0.9))
    assert low.dtype == np.uint8 and low.shape == high.shape == (550, 550, 3)
    assert _center(low, _BLUE)[0] > _center(high, _BLUE)[0] + 0.04
    assert abs(_center(low, _BLUE)[1] - _center(high, _BLUE)[1]) < 0.01
    other = drawings.curve(gzsl.Curve(np.array([0.0]), np.array([0.9, 0.9]), np.array([0.0, 1.0])), (0.5, 0.9))
    assert _center(other, _BLUE)[0] < _center(high, _BLUE)[0] - 0.1


def test_confusion_has_right_green_wrong_red_and_nothing_white() -> None:
    image = drawings.confusion(np.array([[4, 0], [1, 3]]), 1)
    right, wrong = (26, 127, 82), (217, 146, 142)  # the square root of a quarter: half way from white to red
    assert 0.1 < _share(image, right) < 0.25 and 0.1 < _share(image, wrong) < 0.25
    green, red = _center(image, right), _center(image, wrong)
    assert green[0] < red[0] and abs(green[1] - red[1]) < 0.01  # of the first column, the second row is wrong
    assert _share(image, (255, 255, 255)) > _share(image, right)


def test_each_of_many_classes_has_a_pixel() -> None:
    assert min(drawings.confusion(np.eye(800, dtype=int), 700).shape[:2]) >= 800
