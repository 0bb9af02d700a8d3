# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the outlines of a bird's parts."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies
from PIL import Image, ImageDraw

from niwt_tf.data.aviary import anatomy, shapes

_COORDINATES = strategies.floats(-2, 2)
_ANGLES = strategies.floats(-7, 7)


def _area(points: np.ndarray) -> float:
    """Return the area of a polygon, by the shoelace formula."""
    x, y = points.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def _holds(outline: np.ndarray, points: np.ndarray) -> bool:
    """Return whether a polygon in -1..1 holds all points, by drawing it."""
    canvas = Image.new("1", (400, 400))
    ImageDraw.Draw(canvas).polygon(((outline + 1) * 200).ravel().tolist(), fill=1)
    columns, rows = ((points + 1) * 200).astype(int).T
    return bool(np.asarray(canvas)[rows, columns].all())


def test_turn_by_a_quarter_goes_clockwise_on_the_canvas() -> None:
    # With y downwards, from the right (1, 0) clockwise to the bottom (0, 1).
    turned = shapes.turn(np.array([[1.0, 0.0], [0.0, 2.0]]), np.pi / 2)
    np.testing.assert_allclose(turned, [[0, 1], [-2, 0]], atol=1e-12)


def test_turn_about_a_pivot_by_hand() -> None:
    turned = shapes.turn(np.array([[3.0, 1.0], [1.0, 1.0]]), np.pi / 2, (1.0, 1.0))
    np.testing.assert_allclose(turned, [[1, 3], [1, 1]], atol=1e-12)


@hypothesis.given(x=_COORDINATES, y=_COORDINATES, px=_COORDINATES, py=_COORDINATES, angle=_ANGLES)
def test_turn_keeps_distances_and_can_be_undone(x: float, y: float, px: float, py: float, angle: float) -> None:
    point, pivot = np.array([[x, y]]), (px, py)
    turned = shapes.turn(point, angle, pivot)
    np.testing.assert_allclose(np.linalg.norm(turned - pivot), np.linalg.norm(point - pivot), atol=1e-9)
    np.testing.assert_allclose(shapes.turn(turned, -angle, pivot), point, atol=1e-9)


def test_ellipse_by_hand() -> None:
    points = shapes.ellipse(1.0, 2.0, 3.0, 4.0, points=4)
    np.testing.assert_allclose(points, [[4, 2], [1, 6], [-2, 2], [1, -2]], atol=1e-12)
    tilted = shapes.ellipse(1.0, 2.0, 3.0, 4.0, np.pi / 2, points=4)
    np.testing.assert_allclose(tilted, [[1, 5], [-3, 2], [1, -1], [5, 2]], atol=1e-12)


def test_ellipse_with_many_points_has_its_area() -> None:
    assert _area(shapes.ellipse(0.3, -0.2, 0.5, 0.2, 0.7, points=500)) == pytest.approx(np.pi * 0.5 * 0.2, rel=1e-3)


def test_strip_by_hand() -> None:
    outline = shapes.strip((0.0, 0.0), (1.0, 0.0), 0.2, 0.4)
    np.testing.assert_allclose(outline, [[0, 0.1], [1, 0.2], [1, -0.2], [0, -0.1]], atol=1e-12)


@pytest.mark.parametrize("end", [(3.0, 5.0), (-1.0, 1.0), (1.0, -4.0)])
def test_strip_is_a_trapezium_in_any_direction(end: tuple[float, float]) -> None:
    outline = shapes.strip((1.0, 1.0), end, 0.3, 0.1)
    assert np.linalg.norm(outline[0] - outline[3]) == pytest.approx(0.3)
    assert np.linalg.norm(outline[1] - outline[2]) == pytest.approx(0.1)
    assert _area(outline) == pytest.approx(np.hypot(end[0] - 1, end[1] - 1) * 0.2)


def test_strip_without_length_is_finite() -> None:
    assert np.isfinite(shapes.strip((1.0, 1.0), (1.0, 1.0), 0.3, 0.1)).all()


@pytest.mark.parametrize(
    ("table", "attribute"),
    [
        (shapes.CROWN, "head_crest"),
        (shapes.BILL, "bill_shape"),
        (shapes.TAIL, "tail_shape"),
        (shapes.LEG_LENGTH, "leg_length"),
    ],
)
def test_every_value_has_a_shape(table: dict[str, object], attribute: str) -> None:
    assert table.keys() == set(anatomy.ATTRIBUTES[attribute])


def test_a_crest_is_put_on_the_smooth_crown() -> None:
    smooth, crested = shapes.CROWN["smooth"], shapes.CROWN["crested"]
    assert len(crested) > len(smooth) == 1
    np.testing.assert_array_equal(smooth[0], crested[0])
    assert crested[1][:, 1].min() < smooth[0][:, 1].min(), "the crest must rise above the crown"


def test_tails_and_bills_tell_their_values() -> None:
    reach = {name: min(outline[:, 0].min() for outline in outlines) for name, outlines in shapes.TAIL.items()}
    assert reach["long"] < reach["forked"] < reach["short"]
    tips = {name: max(outline[:, 0].max() for outline in outlines) for name, outlines in shapes.BILL.items()}
    assert tips["needle"] > tips["cone"]
    assert len(shapes.TAIL["forked"]) == 2


def test_legs_reach_from_the_body_to_the_ground() -> None:
    for length, below in shapes.LEG_LENGTH.items():
        outlines = shapes.legs(length)
        assert len(outlines) == 4, "two legs, two feet"
        assert min(outline[:, 1].min() for outline in outlines) < 0.2, "hips must lie in the body"
        lowest = max(outline[:, 1].max() for outline in outlines)
        assert lowest == pytest.approx(0.2 + below, abs=0.02)
    assert shapes.LEG_LENGTH["long"] > 2 * shapes.LEG_LENGTH["short"]


@pytest.mark.parametrize(("pattern", "count"), [("plain", 0), ("pale", 0), ("spotted", 7), ("barred", 5)])
def test_belly_marks_are_as_many_as_the_pattern_says(pattern: str, count: int) -> None:
    assert pattern in anatomy.ATTRIBUTES["belly_pattern"]
    marks = shapes.belly_marks(pattern)
    assert len(marks) == count
    assert all(_holds(shapes.BODY, mark.mean(0, keepdims=True)) for mark in marks)


def test_marks_of_spots_are_round_and_of_bars_are_not() -> None:
    for spot in shapes.belly_marks("spotted"):
        np.testing.assert_allclose(*np.ptp(spot, axis=0), rtol=0.06)
    for bar in shapes.belly_marks("barred"):
        width, height = np.ptp(bar, axis=0)
        assert height > 2 * width


def test_eye_lies_in_the_head_and_wing_bars_on_the_wing() -> None:
    assert _holds(shapes.HEAD, shapes.EYE)
    assert _holds(shapes.EYE, shapes.PUPIL.mean(0, keepdims=True))
    assert _holds(shapes.HEAD, np.array([shapes.HEAD_CENTER]))
    assert _holds(shapes.WING, np.stack([bar.mean(0) for bar in shapes.WING_BARS] + [np.array(shapes.SHOULDER)]))
    assert _holds(shapes.BODY, np.array([shapes.NECK, shapes.RUMP]))
