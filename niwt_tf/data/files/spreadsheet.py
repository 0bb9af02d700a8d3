# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read tables of spreadsheet programs: commas, semicolons or tabs between cells, in UTF-8 or UTF-16, or .xlsx."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from niwt_tf import errors
from niwt_tf.data.files import text_files
from niwt_tf.util import paths, zip_files

_FIRST_CELL = re.compile(r"""\s*(?:"[^"]*"|[^",;\t\r\n]*)[ ]*([,;\t])""")
_ZIP = b"PK\x03\x04"
_MOST_UNPACKED = 2**24  # bytes of a workbook, a hundred times those of the benchmarks' tables


def rows(path: Path, strict: bool = False) -> tuple[list[tuple[int, list[str]]], str]:
    """Read the rows that are not blank, with their line numbers, and the character between cells.

    The character is empty for a workbook.

    Args:
      path: File of text, or a workbook, whose first sheet is read.
      strict: True to require quotes in pairs.

    Raises:
      errors.UserError: If the file is neither text nor a workbook that can be read in this environment, quotes are not
        in pairs although `strict` is true, or a cell is too long.
      OSError: If it cannot be read.
    """
    with paths.require_regular(path).open("rb") as file:
        is_workbook = file.read(len(_ZIP)) == _ZIP
    if is_workbook:
        return _drop_blank_rows(_workbook(path)), ""
    content = text_files.text(path)
    delimiter = _delimiter(content)
    return _drop_blank_rows(list(text_files.cells(content, path, strict, delimiter))), delimiter


def _require_size(path: Path) -> None:
    """Check that a workbook is not too large to be unpacked, or raise ValueError."""
    with zip_files.opened(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > _MOST_UNPACKED:
        raise ValueError(f"it unpacks to {size:,} bytes, more than {_MOST_UNPACKED:,}")


def _drop_blank_rows(table: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    stripped = [(line, [cell.strip() for cell in row]) for line, row in table]
    return [(line, row) for line, row in stripped if any(row)]


def _delimiter(content: str) -> str:
    """Detect the character after the first cell; a comma if there is none."""
    match = _FIRST_CELL.match(content)
    return match[1] if match else ","


def _workbook(path: Path) -> list[tuple[int, list[str]]]:
    """Read the rows of the first sheet that are not empty, as texts, with their line numbers."""
    try:
        import openpyxl  # optional: openpyxl
    except ImportError as error:
        raise errors.UserError(
            f"Reading a workbook (.xlsx) needs openpyxl. Received: {path}, in an environment without {error.name}. "
            "Save it as CSV in UTF-8, or run pip install 'niwt_tf[excel]'."
        ) from error
    try:
        _require_size(path)
        with path.open("rb") as file:  # openpyxl refuses some names
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # those that a file states may be wrong
            lines = enumerate(sheet.iter_rows(values_only=True), 1)
            table = [(line, list(map(_text, row))) for line, row in lines if any(cell is not None for cell in row)]
            book.close()
    except Exception as error:  # a damaged archive can raise anything
        raise errors.UserError(
            f"A workbook (.xlsx) must be readable. Received: {path}, which cannot be read: {errors.first_line(error)}. "
            "Save it as CSV in UTF-8."
        ) from error
    widest = max((place + 1 for _, row in table for place, cell in enumerate(row) if cell), default=0)
    return [(line, (row + [""] * widest)[:widest]) for line, row in table]


def _text(cell: Any) -> str:
    """Write a cell as text; a whole number without a decimal point, whatever it is stored as."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)
