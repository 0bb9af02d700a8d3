# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of TensorBoard's charts, by the colours of pixels and by the texts of the figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import text

from niwt_tf.evaluation import gzsl
from niwt_tf.report import charts

_BLUE = (11, 87, 208)
_NAMES = ("Horse", "Tiger", "Cow")


def _metrics(seen: float = 0.5, unseen: float = 0.5) -> dict[str, Any]:
    plain = {"seen_accuracy_uncalibrated": 0.9, "unseen_accuracy_uncalibrated": 0.1}
    return {"gamma": 1.25, "seen_accuracy": seen, "unseen_accuracy": unseen} | plain


def _level_curve(seen: float) -> gzsl.Curve:
    return gzsl.Curve(np.array([0.0]), np.array([seen, seen]), np.array([0.0, 1.0]))


def _center(image: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Return the mean place (row, column) of the pixels of a colour, as shares of the image."""
    places = np.argwhere((image == colour).all(-1))
    assert len(places)
    return places.mean(0) / image.shape[:2]


def _share(image: np.ndarray, colour: tuple[int, int, int]) -> float:
    return float((image == colour).all(-1).mean())


def _texts(figure: Any) -> list[str]:
    charts.pixels(figure)  # ticks have their texts once they are drawn
    return [one.get_text() for one in figure.findobj(text.Text) if one.get_visible() and one.get_text()]


def test_the_curve_and_the_chosen_point_lie_where_they_must() -> None:
    low, high = (charts.pixels(charts.curve(_level_curve(0.5), _metrics(seen))) for seen in (0.1, 0.8))
    assert low.dtype == np.uint8 and low.shape == high.shape == (480, 480, 3)
    assert _center(low, _BLUE)[0] > _center(high, _BLUE)[0] + 0.03
    assert abs(_center(low, _BLUE)[1] - _center(high, _BLUE)[1]) < 0.01
    other = charts.pixels(charts.curve(_level_curve(0.9), _metrics(0.8)))
    assert _center(other, _BLUE)[0] < _center(high, _BLUE)[0] - 0.1


def test_the_curve_has_axes_from_0_to_1_and_names_its_points() -> None:
    drawn = _texts(charts.curve(_level_curve(0.5), _metrics()))
    assert [drawn.count(tick) for tick in ("0.0", "0.2", "1.0")] == [2, 2, 2]
    assert {"U, accuracy on unseen classes", "S, accuracy on seen classes", "AUSUC 0.500"} <= set(drawn)
    assert {"gamma 0", "gamma 1.250, chosen"} <= set(drawn)


def test_correct_cells_are_green_and_wrong_ones_red_by_their_share_of_the_row() -> None:
    image = charts.pixels(charts.confusion(np.array([[4, 0], [1, 3]]), 1))
    right, wrong = (26, 127, 82), (217, 146, 142)  # the square root of a quarter: half way from white to red
    assert 0.05 < _share(image, right) < 0.25 and 0.05 < _share(image, wrong) < 0.25
    green, red = _center(image, right), _center(image, wrong)
    assert green[0] < red[0] and abs(green[1] - red[1]) < 0.01  # of the first column, the second row is wrong


def test_rows_have_names_and_numbers() -> None:
    drawn = _texts(charts.confusion(np.eye(3, dtype=int), 2, _NAMES))
    assert [one for one in drawn if one.endswith("3")] == ["3", "Cow 3"]
    assert {"Horse 1", "Tiger 2", "predicted class", "true class"} <= set(drawn)


def test_names_are_text_and_never_markup() -> None:
    names = ("<script>alert(1)</script>", "a & $b$ ^_{c}", "a\x00\x1b\ud800b")
    assert {"<script>alert(1)</scrip… 1", "a & $b$ ^_{c} 2", r"a\x00\x1b\ud800b 3"} <= set(
        _texts(charts.confusion(np.eye(3, dtype=int), 2, names))
    )


@pytest.mark.filterwarnings("error")
def test_names_may_be_of_any_language() -> None:
    figure = charts.confusion(np.eye(3, dtype=int), 2, ("斑马", "שור", "🐂"))
    assert {"斑马 1", "שור 2", "🐂 3"} <= set(_texts(figure))
    assert charts.pixels(figure).shape[2] == 3


def test_long_names_are_cut_and_many_classes_have_numbers_alone() -> None:
    drawn = _texts(charts.confusion(np.eye(80, dtype=int), 40, ["x" * 40] * 79 + ["斑" * 40]))
    assert "x" * 23 + "… 1" in drawn and "斑" * 11 + "… 80" in drawn
    many = _texts(charts.confusion(np.eye(200, dtype=int), 150, ["y"] * 200))
    assert not any("y" in text for text in many if "class" not in text)
    assert [text for text in many if text.isdigit()] == [str(number) for number in range(10, 201, 10)] * 2


@pytest.mark.parametrize("size", [1, 2, 12, 80, 717])
def test_cells_are_whole_pixels_and_large_enough_to_be_seen(size: int) -> None:
    image = charts.pixels(
        charts.confusion(np.eye(size, dtype=int), max(1, size - 1), [f"class {i}" for i in range(size)])
    )
    green = (image == (26, 127, 82)).all(-1)
    assert min(green.sum(0).max(), green.sum(1).max()) >= 2  # a line may lie upon one of three pixels
    assert green.any(0).sum() >= 2 * size
