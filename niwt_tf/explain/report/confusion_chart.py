# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The confusion of all classes, as coordinates for `templates/confusion.svg`: a unit is a cell."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from niwt_tf import confusion

LEVELS = 6  # shades
_MOST_NAMED = 80  # classes, beyond which rows have numbers alone
_LONGEST_NAME = 22  # characters
_LETTER = 0.52  # of a cell: the width of a letter in a row's name
_WIDTH = 720  # pixels that the cells take, if each gets from 2 to 14
_CELL = (2, 14)


@dataclasses.dataclass(frozen=True)
class Chart:
    """A drawing of `C` rows, true classes, and `C` columns, predictions.

    Attributes:
      size: `C`.
      seen: how many rows and columns are seen classes.
      right: SVG paths of the cells on the diagonal, one for each shade; the last is the darkest.
      wrong: of the cells beside it.
      names: what stands left of each row; empty where there are too many.
      ticks: rows and columns that are marked with their number, from 0.
      margin: the names' width, in cells.
      cell: the least width of a cell, in pixels.
    """

    size: int
    seen: int
    right: list[str]
    wrong: list[str]
    names: list[str]
    ticks: list[int]
    margin: float
    cell: float


def chart(counts: np.ndarray, class_names: Sequence[str], seen_classes: int) -> Chart:
    """Returns the drawing of counts `[C,C]`; a cell's shade is its share of the row."""
    size = len(counts)
    levels = np.ceil(confusion.shares(counts) * LEVELS).astype(int)
    diagonal = np.eye(size, dtype=bool)
    names = [_short(name) for name in class_names] if size <= _MOST_NAMED else []
    return Chart(
        size=size,
        seen=seen_classes,
        right=_paths(levels * diagonal),
        wrong=_paths(levels * ~diagonal),
        names=names,
        ticks=[*range(0, size, 5 if names else 25 if size > 150 else 10)],
        margin=max((len(name) for name in names), default=4) * _LETTER + 2.5,
        cell=float(np.clip(_WIDTH / size, *_CELL)),
    )


def _paths(levels: np.ndarray) -> list[str]:
    return [
        "".join(f"M{column} {row}h1v1h-1z" for row, column in zip(*np.nonzero(levels == level), strict=True))
        for level in range(1, LEVELS + 1)
    ]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
