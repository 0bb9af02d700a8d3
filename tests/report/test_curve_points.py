# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the points of the curve that the page shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from niwt_tf.evaluation import gzsl
from niwt_tf.report import curve_points

_METRICS: dict[str, Any] = {
    "gamma": 2.5, "seen_accuracy": 0.5, "unseen_accuracy": 0.5,
    "seen_accuracy_uncalibrated": 1.0, "unseen_accuracy_uncalibrated": 0.0,
}  # fmt: skip
_CURVE = gzsl.Curve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 0.5, 0.0]), np.array([0.0, 0.5, 0.5, 0.5]))


def test_points_rise_by_gamma_and_hold_both_marks() -> None:
    points = curve_points.select(_CURVE, _METRICS)
    gammas = [point.gamma for point in points]
    assert gammas == sorted(gammas)
    assert [(point.gamma, point.mark) for point in points if point.mark] == [(0.0, "gamma 0"), (2.5, "chosen")]
    unmarked = [(point.gamma, point.seen, point.unseen) for point in points if not point.mark]
    assert unmarked == [(1.0, 1.0, 0.0), (1.5, 1.0, 0.5), (2.5, 0.5, 0.5), (3.0, 0.0, 0.5)]
    assert {point.harmonic_mean for point in points if point.mark == "chosen"} == {0.5}


def test_many_points_are_thinned_evenly_and_the_ends_stay() -> None:
    steps = np.linspace(0, 1, 5001)
    points = curve_points.select(gzsl.Curve(steps[1:], 1 - steps, steps), _METRICS)
    unseen = [point.unseen for point in points if not point.mark]
    assert len(unseen) == 40 and unseen[0] == 0 and unseen[-1] == 1
    assert np.ptp(np.diff(unseen)) < 1e-3


def test_corners_are_all_that_bends() -> None:
    assert curve_points.corners(_CURVE) == [(0.0, 1.0), (0.5, 1.0), (0.5, 0.0)]
    level = gzsl.Curve(np.array([0.0]), np.array([0.5, 0.5]), np.array([0.0, 1.0]))
    assert curve_points.corners(level) == [(0.0, 0.5), (1.0, 0.5)]
