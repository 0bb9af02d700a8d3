# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Draw the figure of a comparison: H of each method, a dot for every seed and a larger one for the mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import axes as axes_lib
from matplotlib import figure as figure_lib

from niwt_tf.compare import outcome, table
from niwt_tf.util import clean

NAMES = ("figure.png", "figure.svg", "figure.pdf")
_WIDTH, _ROW, _DOMAIN, _FOOT = 8.0, 0.27, 0.5, 0.55  # inches; the heights of a row, of a domain's title and of the axis
_PIXELS = 200  # to the inch, of the PNG
_HEIGHTS = (-0.18, 0.0, 0.18)  # of small dots in their row, so that those of the same H do not overlap
_INK, _FAINT, _GRID = "#1b1f24", "#57606a", "#d0d7de"
_COLOURS = {"niwt": ("#0b57d0", "#9dbdf0"), "baseline": ("#424a53", "#b8c0c8"), "oracle": ("#9a6700", "#e3cf9f")}
_STYLE: dict[Any, Any] = {  # text stays text in SVG and PDF, and the same figure gives the same bytes
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "niwt_tf",
}
_UNDATED = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def write(result: outcome.Outcome, folder: Path) -> None:
    """Write the figure as PNG, SVG and PDF into `folder`.

    Raises:
      OSError: If a file cannot be written.
    """
    with matplotlib.rc_context(_STYLE):
        figure = draw(result)
        for name in NAMES:
            figure.savefig(folder / name, dpi=_PIXELS, metadata=_UNDATED[Path(name).suffix])


def draw(result: outcome.Outcome) -> figure_lib.Figure:
    """Draw a panel for each domain: methods from the best down, varied settings of one method in their order."""
    domains = {domain: _sorted(rows) for domain, rows in table.group_by_domain(result.rows).items()}
    heights = [_DOMAIN + _ROW * len(rows) for rows in domains.values()]
    figure = figure_lib.Figure(figsize=(_WIDTH, sum(heights) + _FOOT), layout="constrained")
    panels = figure.subplots(len(domains), sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for panel, (domain, rows) in zip(panels, domains.items(), strict=True):
        panel.set_title(clean.name(domain), loc="left", fontsize=11, fontweight="bold", color=_INK)
        _draw_panel(panel, rows)
    panels[-1].set_xlim(*_limits(result.rows))
    noun, count = result.replicate_noun, len(result.replicates)
    title = f"H: mean over {count} {noun}s; small dots are {noun}s" if count > 1 else f"H in the one {noun}"
    panels[-1].set_xlabel(title, color=_FAINT)
    return figure


def _sorted(rows: Sequence[table.Row]) -> list[table.Row]:
    """Sort methods by their mean H, the oracle, an upper bound, first; settings of one method stay as they are."""
    if any(row.key.variant for row in rows):
        return list(rows)
    return sorted(rows, key=lambda row: (row.counts, -(row.mean(table.H) or 0.0)))


def _limits(rows: Sequence[table.Row]) -> tuple[float, float]:
    """Compute the limits of the axis: 0, or 0.5 if no H is lower, and the tenth above the largest H, or 1."""
    values = [value for row in rows for value in row.values(table.H).values()] or [0.0]
    return (0.5 if min(values) >= 0.5 else 0.0, math.ceil(max(values) * 10) / 10 if max(values) > 0.5 else 1.0)


def _draw_panel(panel: axes_lib.Axes, rows: Sequence[table.Row]) -> None:
    panel.set_ylim(len(rows) - 0.5, -0.5)
    panel.set_yticks(range(len(rows)), [clean.name(row.name) for row in rows], parse_math=False)
    panel.tick_params(axis="y", length=0)
    panel.tick_params(axis="x", colors=_FAINT)
    panel.grid(axis="x", color=_GRID)
    panel.set_axisbelow(True)
    for height, (row, label) in enumerate(zip(rows, panel.get_yticklabels(), strict=True)):
        strong, pale = _COLOURS["niwt" if row.is_niwt else "baseline" if row.counts else "oracle"]
        label.set_color(strong)
        _draw_row(panel, row, height, strong, pale)


def _draw_row(panel: axes_lib.Axes, row: table.Row, height: int, strong: str, pale: str) -> None:
    mean, spread, values = row.mean(table.H), row.spread(table.H), list(row.values(table.H).values())
    if len(values) > 1:
        heights = [height + _HEIGHTS[number % len(_HEIGHTS)] for number in range(len(values))]
        panel.plot(values, heights, ".", color=pale, markersize=5, clip_on=False)
    if mean is not None:
        filled = strong if row.counts else "white"
        panel.plot([mean], [height], "o", color=strong, markerfacecolor=filled, markersize=7.5, clip_on=False)
    number = f"{mean:.3f}" + (f" ± {spread:.3f}" if spread is not None else "") if mean is not None else None
    text = number or ("failed" if row.failures else "-")
    colour = _INK if row.counts and mean is not None else _FAINT
    panel.annotate(text, (1, height), (10, 0), ("axes fraction", "data"), "offset points", va="center", color=colour)
