# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Draw the curve of seen against unseen accuracy, and the confusion matrix, as pixels."""

from __future__ import annotations

import numpy as np
from matplotlib import figure as figure_lib
from matplotlib.backends import backend_agg

from niwt_tf.evaluation import confusion as confusion_lib
from niwt_tf.evaluation import gzsl

_PIXELS = 100  # to the inch
_CURVE = 5.5  # inches, side of the drawing of the curve
_CELLS = 720  # pixels, side of all cells together; of more classes each has one
_MARGINS = 80  # pixels, for the numbers beside the cells
_INK, _GRID, _BLUE = "#1b1f24", "#d0d7de", "#0b57d0"
_RIGHT_COLOUR, _WRONG_COLOUR = np.array([26, 127, 82]), np.array([179, 38, 30])


def curve(curve: gzsl.Curve, operating: tuple[float, float]) -> np.ndarray:
    """Draw seen accuracy S against unseen accuracy U with the operating point, `[H,W,3]` uint8.

    Args:
      curve: S and U for every gamma.
      operating: U and S at the chosen gamma.
    """
    drawn = figure_lib.Figure(figsize=(_CURVE, _CURVE), dpi=_PIXELS, layout="constrained")
    axes = drawn.subplots()
    axes.plot(curve.unseen, curve.seen, color=_BLUE)
    axes.plot(*operating, "o", color=_BLUE, markeredgecolor="white", markersize=10, clip_on=False)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="U, unseen classes", ylabel="S, seen classes", aspect="equal")
    axes.grid(color=_GRID)
    return _pixels(drawn)


def confusion(counts: np.ndarray, seen_classes: int) -> np.ndarray:
    """Draw counts `[C,C]` as `[H,W,3]` uint8: the stronger a cell's colour, the larger its share of the row.

    Args:
      counts: Confusion matrix, with true classes as rows and predictions as columns.
      seen_classes: Number of seen classes; lines are drawn after them.
    """
    shares = np.sqrt(confusion_lib.shares(counts))[..., None]  # the root makes rare mistakes visible
    colours = np.where(np.eye(len(counts), dtype=bool)[..., None], _RIGHT_COLOUR, _WRONG_COLOUR)
    cells = np.round(255 + shares * (colours - 255)).astype(np.uint8)
    side = (max(_CELLS, len(counts)) + 2 * _MARGINS) / _PIXELS
    drawn = figure_lib.Figure(figsize=(side, side), dpi=_PIXELS, layout="constrained")
    axes = drawn.subplots()
    first, last = 0.5, len(counts) + 0.5  # classes are numbered from 1, as in the report
    axes.imshow(cells, interpolation="nearest", extent=(first, last, last, first))
    for line in (axes.axhline, axes.axvline):
        line(seen_classes + 0.5, color=_INK, linewidth=1)
    axes.set(xlabel="prediction", ylabel="true class")
    return _pixels(drawn)


def _pixels(drawn: figure_lib.Figure) -> np.ndarray:
    canvas = backend_agg.FigureCanvasAgg(drawn)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
