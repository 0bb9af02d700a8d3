# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Selects the points of the curve of seen against unseen accuracy that the page shows with their values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from niwt_tf.evaluation import gzsl, summary

_MOST = 40  # points, besides the two that are marked
UNCALIBRATED, CHOSEN = "gamma 0", "chosen"


@dataclasses.dataclass(frozen=True)
class Point:
    """Accuracies at one gamma.

    Attributes:
      gamma: Number that is subtracted from the logits of seen classes.
      seen: Accuracy S, 0..1.
      unseen: Accuracy U, 0..1.
      mark: `UNCALIBRATED`, `CHOSEN`, or empty.
    """

    gamma: float
    seen: float
    unseen: float
    mark: str = ""

    @property
    def harmonic_mean(self) -> float:
        """Harmonic mean H."""
        return gzsl.harmonic_mean(self.seen, self.unseen)


def select(curve: gzsl.Curve, metrics: Mapping[str, Any]) -> list[Point]:
    """Select points by rising gamma, evenly spaced along the curve, with those at gamma 0 and at the chosen gamma.

    Args:
      curve: S and U for every gamma.
      metrics: Metrics of the run; there must be test images of unseen classes.
    """
    steps = np.abs(np.diff(curve.seen)) + np.abs(np.diff(curve.unseen))
    way = np.concatenate([[0.0], np.cumsum(steps)])
    indices = np.unique(np.searchsorted(way, np.linspace(0, way[-1], _MOST) - 1e-12))
    edges = np.concatenate([curve.gammas[:1], curve.gammas, curve.gammas[-1:]])
    points = [
        Point(float((edges[index] + edges[index + 1]) / 2), float(curve.seen[index]), float(curve.unseen[index]))
        for index in indices
    ]
    for mark, gamma, suffix in (
        (UNCALIBRATED, 0.0, summary.UNCALIBRATED),
        (CHOSEN, metrics[summary.GAMMA], ""),
    ):
        points.append(Point(gamma, metrics[summary.SEEN + suffix], metrics[summary.UNSEEN + suffix], mark))
    return sorted(points, key=lambda point: point.gamma)


def corners(curve: gzsl.Curve) -> list[tuple[float, float]]:
    """List the corners (U, S) of the whole curve, without points on a straight line between their neighbours."""
    points = np.stack([curve.unseen, curve.seen], 1)
    before, after = points[1:-1] - points[:-2], points[2:] - points[1:-1]
    bends = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > 1e-12
    kept = np.concatenate([[True], bends, [True]])
    return [(float(unseen), float(seen)) for unseen, seen in points[kept[: len(points)]]]
