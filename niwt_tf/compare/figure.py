# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Figure of H: for each domain and method a dot for every seed, and a larger one for the mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from niwt_tf.compare import canvas, outcome, table

PNG, SVG = "figure.png", "figure.svg"
_AXIS = 520  # width of the scale in units
_ROW, _TITLE, _FOOT, _MARGIN = 26, 40, 56, 16  # units
_VALUE = 130  # units for the number on the right
_RINGS = 3  # number of heights for the dots, so that dots of the same H stay visible
_TITLE_SIZE, _NAME_SIZE = 15, 13  # font sizes
_INK, _FAINT, _GRID = "#1b1f24", "#57606a", "#d0d7de"
_COLOURS = {"niwt": ("#0b57d0", "#9dbdf0"), "baseline": ("#424a53", "#b8c0c8"), "oracle": ("#9a6700", "#e3cf9f")}


def write(found: outcome.Outcome, folder: Path) -> None:
    """Write the figure as PNG and as SVG into `folder`.

    Raises:
      OSError: If it cannot be written.
    """
    drawn = drawing(found)
    canvas.write_png(drawn, folder / PNG)
    canvas.write_svg(drawn, folder / SVG)


def drawing(found: outcome.Outcome) -> canvas.Drawing:
    """Draw the figure."""
    domains = table.by_domain(found.rows)
    texts = [*((domain, _TITLE_SIZE) for domain in domains), *((row.name, _NAME_SIZE) for row in found.rows)]
    left = _MARGIN + max((canvas.text_width(*text) for text in texts), default=0) + 12
    scale = _Scale.of(found.rows, left)
    height = sum(_TITLE + _ROW * len(rows) for rows in domains.values()) + _FOOT
    shapes, top = [*scale.grid(height - _FOOT)], 0
    for domain, rows in domains.items():
        shapes.append(canvas.Text((_MARGIN, top + 24), domain, _INK, _TITLE_SIZE))
        for number, row in enumerate(rows):
            shapes += _row(row, scale, top + _TITLE + _ROW * (number + 0.5))
        top += _TITLE + _ROW * len(rows)
    many = f"over {len(found.units)} {found.noun}s; small dots are {found.noun}s"
    title = f"H: mean {many}" if len(found.units) > 1 else f"H in the one {found.noun}"
    shapes.append(canvas.Text((left + _AXIS / 2, height - 16), title, _FAINT, 13, "middle"))
    return canvas.Drawing(math.ceil(left + _AXIS + _VALUE), height, shapes)


class _Scale:
    """Horizontal scale of H, from the last tenth not above any value to the first tenth not below any."""

    def __init__(self, low: int, high: int, left: float) -> None:
        self.low, self.high, self.left = low, high, left  # in tenths; in units

    @classmethod
    def of(cls, rows: Sequence[table.Row], left: float) -> _Scale:
        values = [value for row in rows for value in row.values(table.H).values()] or [0.0, 1.0]
        low, high = math.floor(min(values) * 10), math.ceil(max(values) * 10)
        return cls(low, max(high, low + 1), left)

    def __call__(self, value: float) -> float:
        return self.left + _AXIS * (value * 10 - self.low) / (self.high - self.low)

    def grid(self, bottom: float) -> list[canvas.Line | canvas.Dot | canvas.Text]:
        shapes: list[canvas.Line | canvas.Dot | canvas.Text] = []
        for tenth in range(self.low, self.high + 1):
            x = self(tenth / 10)
            shapes.append(canvas.Line((x, _TITLE - 4), (x, bottom + 4), _GRID))
            shapes.append(canvas.Text((x, bottom + 16), f"{tenth / 10:.1f}", _FAINT, 12, "middle"))
        return shapes


def _row(row: table.Row, scale: _Scale, y: float) -> list[canvas.Line | canvas.Dot | canvas.Text]:
    strong, pale = _COLOURS["niwt" if row.is_niwt else "baseline" if row.counts else "oracle"]
    shapes: list[canvas.Line | canvas.Dot | canvas.Text] = [canvas.Text((_MARGIN, y), row.name, strong, _NAME_SIZE)]
    mean, spread = row.mean(table.H), row.spread(table.H)
    end = scale.left + _AXIS + 12
    if mean is None:
        return [*shapes, canvas.Text((end, y), "failed" if row.failures else "-", _FAINT)]
    if len(row.scores) > 1:
        heights = [(number % _RINGS - 1) * 4 for number in range(len(row.scores))]
        dots = zip(row.values(table.H).values(), heights, strict=False)
        shapes += [canvas.Dot((scale(value), y + height), 2.5, pale) for value, height in dots]
    shapes.append(canvas.Dot((scale(mean), y), 5.5, strong, filled=row.counts))
    number = f"{mean:.3f}" + (f" ± {spread:.3f}" if spread is not None else "")
    return [*shapes, canvas.Text((end, y), number, _INK if row.counts else _FAINT)]
