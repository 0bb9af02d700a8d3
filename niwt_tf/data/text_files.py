# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Reads text files as UTF-8, and says where they are none."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from niwt_tf import errors, paths

_OLD_MAC = re.compile(r"\r(?!\n)")


def text(path: Path) -> str:
    """Returns what a UTF-8 file says, without a byte order mark; lines of old Macs, too, end in a line feed.

    Raises:
      errors.UserError: if it is no UTF-8.
      OSError: if it cannot be read, or is no regular file.
    """
    content = paths.require_regular(path).read_bytes()
    try:
        return _OLD_MAC.sub("\n", content.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise errors.UserError(
            f"Text must be UTF-8. Received: {path} with the byte 0x{content[error.start]:02x} in line {line}. Save it "
            f"as UTF-8, for example with: iconv -f latin1 -t utf-8 {path.name}"
        ) from None


def lines(path: Path) -> list[str]:
    """Returns the lines that hold more than blanks, without blanks around them.

    Raises:
      errors.UserError: if the file is no UTF-8.
      OSError: if it cannot be read.
    """
    return [line.strip() for line in text(path).splitlines() if line.strip()]


def cells(content: str, source: Path, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of its last line, and the cells, of each row of a text with commas between cells.

    Args:
      content: text of the table.
      source: path to name in an error.
      strict: whether quotes must be in their places, and closed.

    Raises:
      errors.UserError: if it cannot be read so, or a cell has over 131,072 letters.
    """
    reader = csv.reader(io.StringIO(content, newline=""), strict=strict)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        hint = " It may lack a closing quote." if "limit" in str(error) else ""
        raise errors.UserError(
            f"A table must have commas between cells, and quotes in pairs. Received: {source}, line "
            f"{reader.line_num}: {errors.first_line(error)}.{hint} Mend that line."
        ) from None


def named(path: str, flag: str) -> Path:
    """Returns the file that a flag names.

    Raises:
      errors.UserError: if there is none.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        trouble = "is no file" if file.exists() else "does not exist"
        raise errors.UserError(f"`{flag}` must name a file. Received: {flag}={path}, which {trouble}. Name one.")
    return file
