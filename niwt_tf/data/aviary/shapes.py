# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The outlines of a bird's parts, in bird coordinates: body at the origin, bill to the right, y downwards.

One unit is about one and a half times the body's length. An outline is an array of points `[P,2]` float64.
"""

from __future__ import annotations

import numpy as np

_TURN = 2 * np.pi


def ellipse(x: float, y: float, rx: float, ry: float, tilt: float = 0.0, points: int = 28) -> np.ndarray:
    """Compute an ellipse around `(x, y)` whose first axis is tilted by `tilt` radians."""
    angle = np.linspace(0, _TURN, points, endpoint=False)
    return turn(np.stack([rx * np.cos(angle), ry * np.sin(angle)], 1), tilt) + (x, y)


def turn(points: np.ndarray, angle: float, pivot: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Rotate `points` by `angle` radians (clockwise on the canvas) about `pivot`."""
    cos, sin = np.cos(angle), np.sin(angle)
    return (points - pivot) @ np.array([[cos, sin], [-sin, cos]]) + pivot


def strip(start: tuple[float, float], end: tuple[float, float], width: float, end_width: float) -> np.ndarray:
    """Compute a straight strip from `start` to `end` whose width changes from `width` to `end_width`."""
    a, b = np.array(start), np.array(end)
    side = np.array([a[1] - b[1], b[0] - a[0]]) / max(float(np.hypot(*(b - a))), 1e-6)
    return np.stack([a + side * width / 2, b + side * end_width / 2, b - side * end_width / 2, a - side * width / 2])


BODY = ellipse(0.0, 0.0, 0.35, 0.225, -0.42)
BELLY = ellipse(0.035, 0.085, 0.255, 0.125, -0.36)
HEAD = ellipse(0.295, -0.235, 0.155, 0.145)
EYE = ellipse(0.345, -0.235, 0.034, 0.034, points=12)
PUPIL = ellipse(0.352, -0.235, 0.02, 0.02, points=10)
HEAD_CENTER = (0.295, -0.235)
NECK = (0.2, -0.1)
RUMP = (-0.27, 0.1)
SHOULDER = (0.08, -0.09)

_CAP = np.array(
    [(0.435, -0.285), (0.40, -0.35), (0.335, -0.395), (0.26, -0.395), (0.19, -0.36), (0.145, -0.29), (0.14, -0.215)]
    + [(0.20, -0.235), (0.28, -0.29), (0.36, -0.295)]
)
_CREST = np.array([(0.36, -0.385), (0.25, -0.49), (0.05, -0.54), (0.13, -0.42), (0.16, -0.30), (0.26, -0.33)])
CROWN: dict[str, list[np.ndarray]] = {"smooth": [_CAP], "crested": [_CAP, _CREST]}

WING = np.array(
    [(0.15, -0.10), (0.08, -0.16), (-0.04, -0.165), (-0.18, -0.09), (-0.33, 0.05), (-0.44, 0.17), (-0.30, 0.16)]
    + [(-0.16, 0.135), (-0.02, 0.10), (0.09, 0.045), (0.15, -0.03)]
)
WING_BARS = [
    strip((0.015, -0.15), (-0.03, 0.10), 0.04, 0.05),
    strip((-0.105, -0.12), (-0.15, 0.125), 0.04, 0.05),
]

BILL: dict[str, list[np.ndarray]] = {
    "cone": [np.array([(0.42, -0.31), (0.56, -0.215), (0.42, -0.155)])],
    "needle": [np.array([(0.43, -0.265), (0.76, -0.215), (0.43, -0.20)])],
    "hooked": [np.array([(0.42, -0.305), (0.52, -0.315), (0.60, -0.255), (0.60, -0.12), (0.54, -0.20), (0.42, -0.17)])],
    "broad": [
        np.array([(0.42, -0.285), (0.52, -0.25), (0.66, -0.27), (0.71, -0.215), (0.67, -0.17), (0.52, -0.175)])
        + np.array([0.0, 0.005]),
        np.array([(0.42, -0.20), (0.56, -0.165), (0.66, -0.165), (0.55, -0.135), (0.42, -0.145)]),
    ],
}

TAIL: dict[str, list[np.ndarray]] = {
    "short": [np.array([(-0.22, 0.02), (-0.41, 0.11), (-0.42, 0.20), (-0.24, 0.19)])],
    "long": [np.array([(-0.22, 0.03), (-0.55, 0.19), (-0.85, 0.37), (-0.86, 0.45), (-0.56, 0.33), (-0.24, 0.19)])],
    "forked": [
        np.array([(-0.22, 0.02), (-0.48, 0.07), (-0.74, 0.10), (-0.49, 0.17), (-0.28, 0.19)]),
        np.array([(-0.22, 0.06), (-0.42, 0.21), (-0.62, 0.43), (-0.37, 0.28), (-0.22, 0.20)]),
    ],
    "fan": [
        np.array(
            [(-0.22, 0.05), (-0.50, -0.08), (-0.60, 0.0), (-0.655, 0.10), (-0.66, 0.21), (-0.62, 0.33), (-0.53, 0.42)]
            + [(-0.24, 0.18)]
        )
    ],
}

LEG_LENGTH: dict[str, float] = {"short": 0.10, "long": 0.30}


def legs(length: str) -> list[np.ndarray]:
    """Compute the outlines of both legs and feet; `length` is a value of the attribute `leg_length`."""
    below = LEG_LENGTH[length]
    outlines = []
    for hip in (-0.03, 0.09):
        foot = (hip + 0.015, 0.20 + below)
        outlines.append(strip((hip, 0.13), foot, 0.035, 0.03))
        outlines.append(strip((foot[0] - 0.04, foot[1]), (foot[0] + 0.08, foot[1]), 0.03, 0.02))
    return outlines


def belly_marks(pattern: str) -> list[np.ndarray]:
    """Compute the outlines of a belly's marks; `pattern` is a value of the attribute `belly_pattern`."""
    if pattern == "spotted":
        spots = [(-0.12, 0.11), (-0.03, 0.07), (0.07, 0.04), (0.16, 0.0), (-0.06, 0.16), (0.05, 0.13), (0.15, 0.09)]
        return [ellipse(x, y, 0.027, 0.027, points=10) for x, y in spots]
    if pattern == "barred":
        return [strip((x - 0.025, 0.0 - x * 0.36), (x + 0.03, 0.215 - x * 0.42), 0.035, 0.03) for x in _BARS]
    return []


_BARS = (-0.13, -0.05, 0.03, 0.11, 0.19)
