# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Reads attributes.csv: a header `class,<attribute>,...`, and a row of numbers for each class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.data import text_files

_MISSING = -1.0


def class_names(path: Path) -> list[str]:
    """Returns the classes of the rows, in their order.

    Raises:
      errors.UserError: if this is no such table.
    """
    _, rows = _read(path)
    return [row[0] for _, row in rows]


def attributes(path: Path, wanted: Sequence[str]) -> tuple[tuple[str, ...], dict[str, list[float]]]:
    """Returns the names of the attributes, and class -> its `M` values; NaN where -1 or nothing stands.

    Args:
      path: the table.
      wanted: names of classes; rows of others are left alone.

    Raises:
      errors.UserError: if this is no such table, a class is missing or there twice, or a value is no number.
    """
    header, rows = _read(path)
    by_name = {row[0]: (number, row) for number, row in rows}
    same = names_lib.join(wanted, [row[0] for _, row in rows], str(path), "Add a row for each class.")
    return tuple(header[1:]), {name: _numbers(path, *by_name[same[name]], header) for name in wanted}


def _read(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Returns the header, and the rows with their line numbers; cells without blanks around them."""
    lines = text_files.cells(text_files.text(path), path)
    rows = [(number, [cell.strip() for cell in row]) for number, row in lines if any(map(str.strip, row))]
    header = rows[0][1] if rows else []
    if len(header) < 2 or header[0].lower() != "class" or len(set(header)) < len(header) or "" in header:
        raise errors.UserError(
            f"{path.name} must begin with the line class,<attribute>,..., of which all names differ. Received: {path} "
            f"with {','.join(header)[:200]!r}."
        )
    for number, row in rows[1:]:
        if len(row) != len(header) or not row[0]:
            raise errors.UserError(
                f"Each row of {path.name} must be a class and {len(header) - 1} numbers. Received: {len(row)} cells in "
                f"line {number} of {path}. Quote a name that has a comma in it."
            )
    return header, rows[1:]


def _numbers(path: Path, line: int, row: Sequence[str], header: Sequence[str]) -> list[float]:
    cells = zip(row[1:], header[1:], strict=True)
    return [_number(path, line, row[0], cell, column) for cell, column in cells]


def _number(path: Path, line: int, name: str, cell: str, column: str) -> float:
    try:
        value = float(cell or _MISSING)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise errors.UserError(
            f"Attributes must be numbers; one that is missing, -1 or nothing. Received: {cell!r} for class {name!r}, "
            f"attribute {column!r}, in line {line} of {path}."
        )
    return math.nan if value == _MISSING else value
