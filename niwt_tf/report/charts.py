# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Draws the curve of seen against unseen accuracy, and the confusion matrix, as pictures for TensorBoard."""

from __future__ import annotations

import contextlib
import unicodedata
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib import axes as axes_lib
from matplotlib import colors
from matplotlib import figure as figure_lib
from matplotlib.backends import backend_agg

from niwt_tf.evaluation import confusion as confusion_lib
from niwt_tf.evaluation import gzsl, summary
from niwt_tf.util import clean

PIXELS = 96  # to the inch, as in CSS
_POINTS = 72  # to the inch
_CURVE = 480  # pixels, side of the drawing of the curve
_CELLS, _SMALLEST_CELL, _LARGEST_CELL = 720, 3, 28  # pixels: the side of all cells, as far as a cell stays within both
_SMALLEST = 168  # pixels, side of all cells, so that the axes' titles fit
_MOST_NAMED = 80  # classes; rows of more have numbers alone
_LONGEST_NAME = 24  # columns of a terminal; a Chinese character takes two
_LETTER = 0.55  # width of a letter, as a share of the font's size
_LARGEST_FONT = 13  # pixels
_MARGIN, _TITLES = 12, 56  # pixels: free space, and numbers with the axis' title
_STEPS, _LABEL = (1, 2, 5, 10, 20, 50), 24  # distances of labelled classes; pixels that a label needs
_BACK, _INK, _GRID, _ACCENT, _RIGHT, _WRONG = "#ffffff", "#1b1f24", "#d0d7de", "#0b57d0", "#1a7f52", "#b3261e"
_STYLE: dict[Any, Any] = {
    **dict.fromkeys(("figure.facecolor", "axes.facecolor"), _BACK),
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), _INK),
    "legend.edgecolor": _GRID,
}


def curve(accuracies: gzsl.Curve, metrics: Mapping[str, Any]) -> figure_lib.Figure:
    """Draw seen accuracy S against unseen accuracy U, with points at gamma 0 and at the chosen gamma.

    Args:
      accuracies: S and U for every gamma.
      metrics: Metrics of the run; there must be test images of unseen classes.
    """
    with matplotlib.rc_context(_STYLE):
        figure, inches = figure_lib.Figure(layout="constrained"), _CURVE / PIXELS
        figure.set_size_inches(inches, inches)
        axes = figure.subplots()
        axes.plot(accuracies.unseen, accuracies.seen, color=_ACCENT, linewidth=2)
        points = (
            (summary.UNCALIBRATED, _BACK, "gamma 0"),
            ("", _ACCENT, f"gamma {metrics[summary.GAMMA]:.3f}, chosen"),
        )
        for suffix, fill, label in points:
            point = metrics[summary.UNSEEN + suffix], metrics[summary.SEEN + suffix]
            style: dict[str, Any] = {"markersize": 9, "markeredgewidth": 2, "clip_on": False, "zorder": 3}
            axes.plot(*point, "o", color=fill, markeredgecolor=_ACCENT, label=label, **style)
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", title=f"AUSUC {accuracies.ausuc:.3f}")
        axes.set(xlabel="U, accuracy on unseen classes", ylabel="S, accuracy on seen classes")
        axes.grid(color=_GRID)
        axes.set_axisbelow(True)
        axes.legend(loc="lower left")
    return figure


def confusion(counts: np.ndarray, seen_classes: int, class_names: Sequence[str] = ()) -> figure_lib.Figure:
    """Draw a confusion matrix: the stronger the colour of a cell, the larger its share of the row.

    Args:
      counts: Numbers of images `[C,C]`, with true classes as rows and predictions as columns.
      seen_classes: Number of seen classes, the first ones; lines are drawn after them.
      class_names: Names beside the rows; they are left out if there are too many.
    """
    size = len(counts)
    cell = int(np.clip(_CELLS // size, _SMALLEST_CELL, max(_LARGEST_CELL, _SMALLEST // size)))  # pixels
    labels = [f"{_short(name)} {number}" for number, name in enumerate(class_names, 1) if size <= _MOST_NAMED]
    font = min(_LARGEST_FONT, 0.9 * cell) if labels else _LARGEST_FONT  # pixels
    left = _TITLES + round(_LETTER * font * max((_columns(label) for label in labels), default=0))
    width, height = left + cell * size + _MARGIN, _TITLES + cell * size + _MARGIN
    with matplotlib.rc_context(_STYLE):
        figure = figure_lib.Figure(figsize=(width / PIXELS, height / PIXELS))
        axes = figure.add_axes((left / width, _MARGIN / height, cell * size / width, cell * size / height))
        first, last = 0.5, size + 0.5  # classes are numbered from 1, as in the table of classes
        # "none" keeps the cells as they are.
        axes.imshow(_cells(counts), interpolation="none", extent=(first, last, last, first))
        for line in (axes.axhline, axes.axvline):
            line(seen_classes + 0.5, color=_INK, linewidth=1)
        _label(axes, size, cell, labels, font)
    return figure


def pixels(figure: figure_lib.Figure) -> np.ndarray:
    """Render a figure as `[H,W,3]` uint8, RGB."""
    figure.set_dpi(PIXELS)
    canvas = backend_agg.FigureCanvasAgg(figure)
    with _any_letters():
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _cells(counts: np.ndarray) -> np.ndarray:
    """Compute the colours of the cells, `[C,C,3]` uint8."""
    back, right, wrong = (np.array(colors.to_rgb(colour)) for colour in (_BACK, _RIGHT, _WRONG))
    strengths = np.sqrt(confusion_lib.shares(counts))[..., None]  # the root makes rare mistakes visible
    full = np.where(np.eye(len(counts), dtype=bool)[..., None], right, wrong)
    return np.rint(255 * (back + strengths * (full - back))).astype(np.uint8)


def _label(axes: axes_lib.Axes, size: int, cell: int, labels: Sequence[str], font: float) -> None:
    step = next((step for step in _STEPS if step * cell >= _LABEL), _STEPS[-1])
    numbers = list(range(step, size + 1, step))
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xticks(numbers)
    if labels:
        axes.set_yticks(range(1, size + 1), labels, parse_math=False, fontsize=font * _POINTS / PIXELS)
    else:
        axes.set_yticks(numbers)
    axes.tick_params(length=0)
    axes.set(xlabel="predicted class", ylabel="true class")


def _short(name: str) -> str:
    """Cut a name to the longest that is drawn, without what XML forbids."""
    printable = clean.name(name)
    if _columns(printable) <= _LONGEST_NAME:
        return printable
    while _columns(printable) >= _LONGEST_NAME:
        printable = printable[:-1]
    return printable + "…"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


@contextlib.contextmanager
def _any_letters() -> Iterator[None]:
    """Hide the warning about letters that Matplotlib's font lacks."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")
        yield
