# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Plays the pointing game: checks whether a map's maximum lies in the box of the object that it should show.

J. Zhang et al., "Top-down Neural Attention by Excitation Backprop", ECCV 2016; here without their margin of 15 pixels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Pointing:
    """Result of the pointing game.

    Attributes:
      inside: Share of maps whose highest point lies in the box, 0..1; None if there is no box.
      chance: Mean share of the image that the box covers, which a random point would reach; None likewise.
      count: Number of maps that were scored.
    """

    inside: float | None
    chance: float | None
    count: int


def point(points: np.ndarray, boxes: np.ndarray) -> Pointing:
    """Compute the share of points that lie in their boxes. An empty map has no point and counts as a miss.

    Args:
      points: Highest points of the maps, `[N,2]`, see `visual.peaks`.
      boxes: Boxes of the objects, `[N,4]`, see `Annotations`; images whose box is NaN are left out.
    """
    inside = hits(points, boxes)
    has_box = ~np.isnan(inside)
    if not has_box.any():
        return Pointing(None, None, 0)
    areas = np.prod(boxes[has_box, 2:] - boxes[has_box, :2], axis=1, dtype=np.float64)
    return Pointing(float(inside[has_box].mean()), float(areas.mean()), int(has_box.sum()))


def hits(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Compute 1.0 where a point lies in its box, 0.0 where it does not, and NaN for an image without a box, `[N]`.

    Args:
      points: Highest points of the maps, `[N,2]`, see `visual.peaks`; NaN, the point of an empty map, lies nowhere.
      boxes: Boxes of the objects, `[N,4]`, see `Annotations`; NaN for an image without one.
    """
    inside = ((points >= boxes[:, :2]) & (points <= boxes[:, 2:])).all(1)
    return np.where(np.isnan(boxes).any(1), np.nan, inside)


def point_at_parts(
    points: np.ndarray, parts: Sequence[str | None], has: np.ndarray, boxes: Mapping[str, np.ndarray]
) -> Pointing:
    """Compute how often neurons point at the parts that their names mention, as a mean over neurons.

    Args:
      points: Highest point of each neuron's activation map, `[N,P,2]`.
      parts: Part that the name of each of the `P` neurons mentions; neurons without one, or without boxes of it, are
        left out.
      has: True for images with the feature that the neuron is named after, `[N,P]` bool; only these count.
      boxes: Boxes of each part, `[N,4]`, see `Annotations`.
    """
    scores = [
        point(points[has[:, index], index], boxes[part][has[:, index]])
        for index, part in enumerate(parts)
        if part is not None and part in boxes
    ]
    shares = [(one.inside, one.chance) for one in scores if one.inside is not None and one.chance is not None]
    if not shares:
        return Pointing(None, None, 0)
    inside, chance = np.mean(shares, axis=0)
    return Pointing(float(inside), float(chance), sum(one.count for one in scores))
