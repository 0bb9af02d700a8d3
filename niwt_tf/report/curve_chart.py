# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Computes the coordinates of the curve of seen against unseen accuracy for `templates/curve.svg`."""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.evaluation import gzsl

SIDE = 300  # side of the square that both accuracies span, in the drawing's units


@dataclasses.dataclass(frozen=True)
class Point:
    """Point in the drawing of the curve.

    Attributes:
      x: Distance from the left, 0 to `SIDE`; shows U.
      y: Distance from the top, 0 to `SIDE`; shows 1 - S.
      unseen: Accuracy U on unseen classes, 0..1.
      seen: Accuracy S on seen classes, 0..1.
    """

    x: float
    y: float
    unseen: float
    seen: float


def point(unseen: float, seen: float) -> Point:
    """Compute the point of two accuracies in 0..1."""
    return Point(round(unseen * SIDE, 1), round((1 - seen) * SIDE, 1), unseen, seen)


def path(curve: gzsl.Curve) -> str:
    """Convert the curve to an SVG path; neighbouring points that are equal after rounding to 0.1 are drawn once."""
    places = np.stack([curve.unseen, 1 - curve.seen], axis=1)
    rounded = np.round(places * SIDE, 1)
    kept = np.append(True, (rounded[1:] != rounded[:-1]).any(1))
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in rounded[kept])
