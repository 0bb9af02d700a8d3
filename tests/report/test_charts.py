# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the page's two drawings, by hand."""

from __future__ import annotations

import numpy as np

from niwt_tf.evaluation import gzsl
from niwt_tf.report import confusion_chart, curve_chart


def test_points_lie_right_for_unseen_and_up_for_seen() -> None:
    assert curve_chart.point(0.5, 0.9) == curve_chart.Point(150.0, 30.0, 0.5, 0.9)


def test_the_curve_is_drawn_through_every_step_that_can_be_seen() -> None:
    curve = gzsl.Curve(np.arange(3.0), np.array([1.0, 1.0, 0.5, 0.0]), np.array([0.0, 0.00001, 0.25, 0.75]))
    assert curve_chart.path(curve) == "M0 0L75 150L225 300"


def test_cells_are_shaded_by_their_share_of_the_row() -> None:
    counts = np.array([[6, 0, 0], [1, 5, 0], [6, 0, 0]])
    chart = confusion_chart.chart(counts, ["a", "b", "c"], 2)
    assert chart.right == ["", "", "", "", "M1 1h1v1h-1z", "M0 0h1v1h-1z"]
    assert chart.wrong == ["M0 1h1v1h-1z", "", "", "", "", "M0 2h1v1h-1z"]
    assert (chart.size, chart.seen, chart.names, chart.ticks) == (3, 2, ["a", "b", "c"], [0])


def test_long_names_are_cut_and_many_classes_have_numbers_alone() -> None:
    names = ["x" * 40] * 80
    assert confusion_chart.chart(np.eye(80, dtype=int), names, 40).names == ["x" * 21 + "…"] * 80
    many = confusion_chart.chart(np.eye(200, dtype=int), ["y"] * 200, 150)
    assert many.names == [] and many.ticks == list(range(0, 200, 10))


def test_the_drawing_of_many_classes_keeps_cells_that_can_be_seen() -> None:
    assert confusion_chart.chart(np.eye(717, dtype=int), ["y"] * 717, 645).width > 3 * 717
