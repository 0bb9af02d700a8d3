# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The confusion of all classes, as coordinates for `templates/confusion.html`: a cell is 10 units wide."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from niwt_tf.evaluation import confusion

LEVELS = 6  # shades
_MOST_NAMED = 80  # classes, beyond which rows have numbers alone
_LONGEST_NAME = 22  # characters
_LETTER = 5  # units: the width of a letter in a row's name
_WIDTH = 720  # pixels that the cells take, where each gets from 3 to 14 of them
_CELL = (3, 14)


@dataclasses.dataclass(frozen=True)
class Chart:
    """A drawing of `C` rows, true classes, and `C` columns, predictions.

    Attributes:
      size: `C`.
      seen: how many rows and columns are seen classes.
      right: SVG paths of the cells on the diagonal, a unit wide, one for each shade; the last is the darkest.
      wrong: of the cells beside it.
      names: what stands left of each row; empty where there are too many.
      ticks: rows and columns that are marked with their number, from 0.
      margin: the width of what stands left of the rows, in units.
      width: of all of it, in pixels.
      height: in pixels.
    """

    size: int
    seen: int
    right: list[str]
    wrong: list[str]
    names: list[str]
    ticks: list[int]
    margin: int
    width: int
    height: int


def chart(counts: np.ndarray, class_names: Sequence[str], seen_classes: int) -> Chart:
    """Returns the drawing of counts `[C,C]`; a cell's shade is its share of the row."""
    size = len(counts)
    levels = np.ceil(confusion.shares(counts) * LEVELS).astype(int)
    diagonal = np.eye(size, dtype=bool)
    names = [_short(name) for name in class_names] if size <= _MOST_NAMED else []
    margin = max((len(name) for name in names), default=8) * _LETTER + 25
    pixels = float(np.clip(_WIDTH / size, *_CELL)) / 10  # of a unit
    return Chart(
        size=size,
        seen=seen_classes,
        right=_paths(levels * diagonal),
        wrong=_paths(levels * ~diagonal),
        names=names,
        ticks=list(range(0, size, 5 if names else 10)),
        margin=margin,
        width=round((10 * size + margin + 2) * pixels),
        height=round((10 * size + 32) * pixels),
    )


def _paths(levels: np.ndarray) -> list[str]:
    return [
        "".join(f"M{column} {row}h1v1h-1z" for row, column in zip(*np.nonzero(levels == level), strict=True))
        for level in range(1, LEVELS + 1)
    ]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
