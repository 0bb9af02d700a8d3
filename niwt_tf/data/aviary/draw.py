# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Draw one bird in its scene, with the true position of each part."""

from __future__ import annotations

import dataclasses

import numpy as np
from PIL import Image, ImageDraw

from niwt_tf.data.aviary import anatomy, scenery, shapes

_OVERSAMPLING = 3
_PART_ID = {part: index + 1 for index, part in enumerate(anatomy.PARTS)}

Color = tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class Drawing:
    """A drawn bird.

    Attributes:
      image: `[S,S,3]` uint8, RGB.
      segmentation: `[S,S]` uint8, 1 + the index in `anatomy.PARTS` of the part that is visible; 0 outside the bird and
        where a leaf or twig covers it.
    """

    image: np.ndarray
    segmentation: np.ndarray

    def box(self, part: str | None = None) -> tuple[float, float, float, float]:
        """Compute the box of the visible pixels as `(ymin, xmin, ymax, xmax)` in 0..1; all zeros if there are none.

        Args:
          part: Member of `anatomy.PARTS`; the whole bird by default.
        """
        visible = self.segmentation == _PART_ID[part] if part else self.segmentation > 0
        if not visible.any():
            return (0.0, 0.0, 0.0, 0.0)
        rows, columns = np.flatnonzero(visible.any(1)), np.flatnonzero(visible.any(0))
        size = len(visible)
        return rows[0] / size, columns[0] / size, (rows[-1] + 1) / size, (columns[-1] + 1) / size


def draw(traits: anatomy.Traits, rng: np.random.Generator, size: int = 64) -> Drawing:
    """Draw a bird with these traits in a random pose, size, light and scene, sometimes partly covered.

    Args:
      traits: One value for each attribute of `anatomy.ATTRIBUTES`.
      rng: Generator of all random variation; the same state gives the same bytes.
      size: Side of the square image, in pixels.
    """
    canvas = _Canvas(size * _OVERSAMPLING, _pose(rng))
    canvas.image.paste(scenery.background(rng, canvas.side))
    scenery.clutter(rng, canvas.pen, canvas.side)
    feet = canvas.place(np.array([(0.03, 0.20 + shapes.LEG_LENGTH[traits["leg_length"]])]))[0]
    scenery.perch(rng, canvas.pen, canvas.side, feet[1])
    _bird(canvas, traits, rng)
    scenery.cover(rng, canvas.pen, canvas.parts_pen, canvas.side, canvas.place(np.zeros((1, 2)))[0])
    image = scenery.light(rng, np.asarray(canvas.image.reduce(_OVERSAMPLING)))
    middle = _OVERSAMPLING // 2
    return Drawing(image, np.asarray(canvas.parts)[middle::_OVERSAMPLING, middle::_OVERSAMPLING].copy())


@dataclasses.dataclass(frozen=True)
class _Pose:
    """Map from bird coordinates to the canvas: `point @ matrix + center`, in shares of the canvas' side."""

    matrix: np.ndarray
    center: np.ndarray


def _pose(rng: np.random.Generator) -> _Pose:
    scale = rng.uniform(0.50, 0.68)
    stretch = np.diag([rng.uniform(0.92, 1.08), rng.uniform(0.92, 1.08)])
    matrix = shapes.turn(stretch, rng.uniform(-0.35, 0.35)) * scale
    if rng.random() < 0.5:
        matrix = matrix @ np.diag([-1.0, 1.0])
    return _Pose(matrix, np.array([0.5, 0.5]) + rng.uniform(-0.08, 0.08, 2))


class _Canvas:
    """An image and, stroke for stroke, the segmentation of the parts painted on it."""

    def __init__(self, side: int, pose: _Pose) -> None:
        self.side = side
        self.pose = pose
        self.image = Image.new("RGB", (side, side))
        self.parts = Image.new("L", (side, side))
        self.pen = ImageDraw.Draw(self.image)
        self.parts_pen = ImageDraw.Draw(self.parts)

    def place(self, points: np.ndarray) -> np.ndarray:
        """Convert bird coordinates `[P,2]` to pixels of the canvas."""
        return (points @ self.pose.matrix + self.pose.center) * self.side

    def paint(self, outline: np.ndarray, color: Color, part: str, edge: Color | None = None) -> None:
        points = self.place(outline).ravel().tolist()
        self.pen.polygon(points, fill=color)
        if edge is not None:
            self.pen.line(points + points[:2], fill=edge, width=max(1, self.side // 110))
        self.parts_pen.polygon(points, fill=_PART_ID[part])


def _bird(canvas: _Canvas, traits: anatomy.Traits, rng: np.random.Generator) -> None:
    body, wing, crown = (_shade(anatomy.COLORS[traits[f"{part}_color"]], rng) for part in ("body", "wing", "crown"))
    nod, wag, droop = rng.uniform(-0.22, 0.22), rng.uniform(-0.25, 0.25), rng.uniform(-0.18, 0.12)
    limb = _shade((206, 132, 62), rng)
    for outline in shapes.TAIL[traits["tail_shape"]]:
        canvas.paint(shapes.turn(outline, wag, shapes.RUMP), _mix(body, (0, 0, 0), 0.22), "tail", _edge(body))
    for outline in shapes.legs(traits["leg_length"]):
        canvas.paint(outline, limb, "legs")
    canvas.paint(shapes.BODY, body, "body", _edge(body))
    _belly(canvas, traits["belly_pattern"], body)
    _head(canvas, traits, body, crown, nod)
    canvas.paint(shapes.turn(shapes.WING, droop, shapes.SHOULDER), wing, "wing", _edge(wing))
    if traits["wing_bars"] == "present":
        bar = _mix(wing, (255, 255, 255), 0.75) if sum(wing) < 560 else _mix(wing, (60, 60, 70), 0.7)
        for outline in shapes.WING_BARS:
            canvas.paint(shapes.turn(outline, droop, shapes.SHOULDER), bar, "wing")


def _belly(canvas: _Canvas, pattern: str, body: Color) -> None:
    canvas.paint(shapes.BELLY, _mix(body, (250, 240, 215), 0.8 if pattern == "pale" else 0.12), "belly")
    mark = _mix(body, (15, 12, 12), 0.75) if sum(body) > 240 else _mix(body, (235, 235, 235), 0.75)
    for outline in shapes.belly_marks(pattern):
        canvas.paint(outline, mark, "belly")


def _head(canvas: _Canvas, traits: anatomy.Traits, body: Color, crown: Color, nod: float) -> None:
    def nodding(outline: np.ndarray) -> np.ndarray:
        return shapes.turn(outline, nod, shapes.NECK)

    canvas.paint(nodding(shapes.HEAD), body, "head")
    for outline in shapes.BILL[traits["bill_shape"]]:
        canvas.paint(nodding(outline), (226, 158, 64), "bill", (96, 66, 40))
    for outline in shapes.CROWN[traits["head_crest"]]:
        canvas.paint(nodding(outline), crown, "crown")
    canvas.paint(nodding(shapes.EYE), (245, 245, 240), "eye")
    canvas.paint(nodding(shapes.PUPIL), (18, 18, 20), "eye")


def _shade(color: Color, rng: np.random.Generator) -> Color:
    values = np.asarray(color) * rng.uniform(0.78, 1.14) + rng.normal(0, 14, 3)
    red, green, blue = np.clip(values, 0, 255).astype(int).tolist()
    return red, green, blue


def _mix(color: Color, other: Color, share: float) -> Color:
    red, green, blue = (int(a + (b - a) * share) for a, b in zip(color, other, strict=True))
    return red, green, blue


def _edge(color: Color) -> Color:
    return _mix(color, (20, 16, 20), 0.45) if sum(color) > 200 else _mix(color, (235, 235, 240), 0.3)
