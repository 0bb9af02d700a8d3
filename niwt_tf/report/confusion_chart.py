# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Computes the drawing of the confusion of all classes for `templates/confusion.html`: a cell is 10 units wide."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from niwt_tf.evaluation import confusion

LEVELS = 6  # shades
_MOST_NAMED = 80  # classes; with more of them rows have only numbers
_LONGEST_NAME = 22  # characters
_LETTER = 5  # units: the width of a letter in a row's name
_WIDTH = 720  # pixels that all cells share, as far as a cell stays within `_CELL` pixels
_CELL = (3, 14)


@dataclasses.dataclass(frozen=True)
class Chart:
    """Drawing with `C` rows (true classes) and `C` columns (predictions).

    Attributes:
      size: Number of classes `C`.
      seen: Number of rows and columns that are seen classes, the first ones.
      right: SVG paths of the cells on the diagonal, one for each shade, the darkest last; a cell is 1 wide in them.
      wrong: SVG paths of all other cells, likewise.
      names: Labels on the left of the rows; empty if there are too many classes.
      ticks: Rows and columns that are marked with their numbers, from 0.
      margin: Width of the labels on the left of the rows, in units.
      width: Width of the drawing, in pixels.
      height: Height of the drawing, in pixels.
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
    """Compute the drawing of counts `[C,C]`; a cell's shade is its share of the row."""
    size = len(counts)
    levels = np.ceil(confusion.shares(counts) * LEVELS).astype(int)
    diagonal = np.eye(size, dtype=bool)
    names = [_short(name) for name in class_names] if size <= _MOST_NAMED else []
    margin = max((len(name) for name in names), default=8) * _LETTER + 25
    pixels = float(np.clip(_WIDTH / size, *_CELL)) / 10  # per unit
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
