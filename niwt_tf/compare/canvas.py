# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Drawings of lines, dots and texts, written as PNG and as SVG."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_SCALE = 2  # pixels of the PNG for a unit of the drawing
_FINER = 2  # factor on these pixels while drawing, so that edges are smooth
_ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}


@dataclasses.dataclass(frozen=True)
class Line:
    """Straight line between two points."""

    start: tuple[float, float]
    end: tuple[float, float]
    colour: str
    width: float = 1.0


@dataclasses.dataclass(frozen=True)
class Dot:
    """Disc, filled or as a ring."""

    center: tuple[float, float]
    radius: float
    colour: str
    filled: bool = True


@dataclasses.dataclass(frozen=True)
class Text:
    """Line of text, vertically centred at `place`; `anchor` is `start`, `middle` or `end`."""

    place: tuple[float, float]
    text: str
    colour: str
    size: float = 13.0
    anchor: str = "start"


@dataclasses.dataclass(frozen=True)
class Drawing:
    """Shapes on a white background.

    Attributes:
      width: Width in units.
      height: Height in units.
      shapes: Shapes in the order of drawing, the first below the others.
    """

    width: int
    height: int
    shapes: Sequence[Line | Dot | Text]


def text_width(text: str, size: float) -> float:
    """Measure the width of a text, in units."""
    return float(ImageFont.load_default(size).getlength(text))


def write_png(drawing: Drawing, path: Path) -> None:
    """Write the drawing as PNG, at two pixels for a unit.

    Raises:
      OSError: If the file cannot be written.
    """
    finer = _SCALE * _FINER
    image = Image.new("RGB", (drawing.width * finer, drawing.height * finer), "white")
    draw = ImageDraw.Draw(image)
    for shape in drawing.shapes:
        _draw(draw, shape, finer)
    image.resize((drawing.width * _SCALE, drawing.height * _SCALE), Image.Resampling.BOX).save(path, optimize=True)


def write_svg(drawing: Drawing, path: Path) -> None:
    """Write the drawing as SVG.

    Raises:
      OSError: If the file cannot be written.
    """
    size = f'width="{drawing.width}" height="{drawing.height}" viewBox="0 0 {drawing.width} {drawing.height}"'
    parts = "\n".join(map(_element, drawing.shapes))
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{parts}\n</svg>\n',
        "utf-8",
    )


def _draw(draw: ImageDraw.ImageDraw, shape: Line | Dot | Text, scale: int) -> None:
    if isinstance(shape, Line):
        points = [coordinate * scale for point in (shape.start, shape.end) for coordinate in point]
        draw.line(points, shape.colour, round(shape.width * scale))
    elif isinstance(shape, Dot):
        (x, y), radius = shape.center, shape.radius
        box = [(x - radius) * scale, (y - radius) * scale, (x + radius) * scale, (y + radius) * scale]
        draw.ellipse(box, shape.colour if shape.filled else "white", shape.colour, round(1.5 * scale))
    else:
        place = (shape.place[0] * scale, shape.place[1] * scale)
        draw.text(place, shape.text, shape.colour, anchor=_ANCHORS[shape.anchor], font_size=shape.size * scale)


def _element(shape: Line | Dot | Text) -> str:
    if isinstance(shape, Line):
        (x1, y1), (x2, y2) = shape.start, shape.end
        return f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" stroke="{shape.colour}" stroke-width="{shape.width:g}"/>'
    if isinstance(shape, Dot):
        (x, y), fill = shape.center, shape.colour if shape.filled else "white"
        return (
            f'<circle cx="{x:g}" cy="{y:g}" r="{shape.radius:g}" fill="{fill}" stroke="{shape.colour}" '
            'stroke-width="1.5"/>'
        )
    (x, y), anchor = shape.place, shape.anchor
    return (
        f'<text x="{x:g}" y="{y:g}" fill="{shape.colour}" font-size="{shape.size:g}" text-anchor="{anchor}" '
        f'dominant-baseline="central">{html.escape(shape.text)}</text>'
    )
