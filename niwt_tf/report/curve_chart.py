# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The curve of seen against unseen accuracy, as coordinates for `templates/curve.svg`."""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.evaluation import gzsl

SIDE = 300  # of the square that both accuracies span, in the drawing's units


@dataclasses.dataclass(frozen=True)
class Point:
    """A place on the curve.

    Attributes:
      x: from the left, 0 to `SIDE`: U.
      y: from the top, 0 to `SIDE`: S.
      unseen: U, 0..1.
      seen: S, 0..1.
    """

    x: float
    y: float
    unseen: float
    seen: float


def point(unseen: float, seen: float) -> Point:
    """Returns where accuracies in 0..1 lie."""
    return Point(round(unseen * SIDE, 1), round((1 - seen) * SIDE, 1), unseen, seen)


def path(curve: gzsl.Curve) -> str:
    """Returns the curve as an SVG path; steps that no eye can tell apart are drawn once."""
    places = np.stack([curve.unseen, 1 - curve.seen], axis=1)
    rounded = np.round(places * SIDE, 1)
    kept = np.append(True, (rounded[1:] != rounded[:-1]).any(1))
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in rounded[kept])
