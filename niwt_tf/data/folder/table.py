# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read attributes.csv: a header `class,<attribute>,...`, and a row of numbers for each class.

Semicolons or tabs may separate cells, and then decimal commas are allowed; the file may be UTF-16, or .xlsx.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.data.files import spreadsheet
from niwt_tf.util import paths

if TYPE_CHECKING:
    from niwt_tf.data import zero_shot

NAMES = ("attributes.csv", "attributes.xlsx")
_LARGEST = float(np.finfo(np.float32).max)
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")


def find(root: Path) -> Path:
    """Find the table of a folder; if there is none, return the path of its first possible file.

    Raises:
      errors.UserError: If something else is in its place.
    """
    files = [root / name for name in NAMES]
    return next((file for file in files if paths.has_file(file)), files[0])


def class_names(path: Path) -> list[str]:
    """Read the classes of the rows, in their order.

    Raises:
      errors.UserError: If this is not such a table.
    """
    _, rows, _ = _read(path)
    return [row[0] for _, row in rows]


def attributes(path: Path, class_names: Sequence[str]) -> zero_shot.Attributes:
    """Read the attributes of classes; NaN for empty cells, and for -1 if that means a missing value.

    Args:
      path: File of the table.
      class_names: Names of the classes to read; rows of others are ignored.

    Raises:
      errors.UserError: If this is not such a table, a class is missing or repeated, or a value is not a number.
    """
    from niwt_tf.data import missing_values  # starts TensorFlow

    header, rows, delimiter = _read(path)
    by_name = {row[0]: (line, row) for line, row in rows}
    matches = names_lib.join(class_names, [row[0] for _, row in rows], str(path), "Add a row for each class.")
    values = {name: _numbers(path, *by_name[matches[name]], header, delimiter) for name in class_names}
    source = paths.printable(str(path))
    return missing_values.attributes(header[1:], values, np.stack(list(values.values())), source)


def _read(path: Path) -> tuple[list[str], list[tuple[int, list[str]]], str]:
    """Read the header, the rows with their line numbers, and the character between cells."""
    rows, delimiter = spreadsheet.rows(path)
    header = rows[0][1] if rows else []
    if len(header) < 2 or header[0].lower() != "class" or len(set(header)) < len(header) or "" in header:
        raise errors.UserError(
            f"{path.name} must begin with the line class,<attribute>,..., in which all names differ. Received: {path} "
            f"with {','.join(header)[:200]!r}. Write such a line."
        )
    if len(rows) < 2:
        raise errors.UserError(
            f"{path.name} must have a row for each class. Received: {path}, with a header alone. Add the rows."
        )
    for line, row in rows[1:]:
        if len(row) != len(header) or not row[0]:
            raise errors.UserError(
                f"Each row of {path.name} must be a class and {len(header) - 1} numbers. Received: {len(row)} cells in "
                f"line {line} of {path}. Put quotes around a name that contains a comma."
            )
    return header, rows[1:], delimiter


def _numbers(path: Path, line: int, row: Sequence[str], header: Sequence[str], delimiter: str) -> np.ndarray:
    cells = zip(row[1:], header[1:], strict=True)
    return np.array([_number(path, line, row[0], cell, column, delimiter) for cell, column in cells])


def _number(path: Path, line: int, name: str, cell: str, column: str, delimiter: str) -> float:
    """Parse the number of a cell; NaN if it is empty."""
    if not cell:
        return math.nan
    has_decimal_comma = delimiter != "," and _DECIMAL_COMMA.fullmatch(cell)
    text = cell.replace(",", ".") if has_decimal_comma else cell
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    if not abs(value) <= _LARGEST:
        raise errors.UserError(
            f"Attributes must be finite numbers. Received: {errors.clipped(cell)!r} for class "
            f"{errors.clipped(name)!r}, attribute {errors.clipped(column)!r}, in line {line} of {path}. Leave the cell "
            "of a missing value empty."
        )
    return value
