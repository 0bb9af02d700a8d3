# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read text files in UTF-8 or, as spreadsheet programs write it, UTF-16; guess the format of other files."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import charset_normalizer

from niwt_tf import errors
from niwt_tf.util import paths

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_OLD_MAC = re.compile(r"\r(?!\n)")

_MARKS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_WIDE = {"utf-16-le": slice(1, None, 2), "utf-16-be": slice(0, None, 2)}  # positions of the zero bytes between letters
_KINDS = {b"PK\x03\x04": "a workbook or another archive", b"%PDF": "a PDF", b"\xd0\xcf\x11\xe0": "an old Office file"}
_WITHOUT_MARK = ("utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le", "utf_7")
_SAMPLE = 2**16  # bytes from which the encoding is guessed
_MOST_BYTES = 2**26


def text(path: Path) -> str:
    """Read a UTF-8 or UTF-16 file without its byte order mark, with line feeds in place of old Macs' line ends.

    Raises:
      errors.UserError: If it is neither, is not a regular file, or has more than 64 MiB.
      OSError: If it cannot be read.
    """
    content = paths.read_bytes(path, _MOST_BYTES)
    encoding = _encoding(content)
    try:
        decoded = _OLD_MAC.sub("\n", content.decode(encoding).removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        raise _not_text(path, content, error.start) from None
    if "\0" in decoded:
        raise _not_text(path, content, content.index(b"\0"))
    return decoded


def _encoding(content: bytes) -> str:
    """Detect the encoding by its mark, or by the positions of zero bytes; UTF-8 if there are neither."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return encoding
    for encoding, positions in _WIDE.items():
        if 2 * content[positions].count(0) > len(content[positions]):
            return encoding
    return "utf-8"


def _not_text(path: Path, content: bytes, position: int) -> errors.UserError:
    line = content.count(b"\n", 0, position) + 1
    kind = next((kind for start, kind in _KINDS.items() if content.startswith(start)), "")
    guess = "" if kind or b"\0" in content else _guess(content[:_SAMPLE])
    if guess:
        remedy = f"Its encoding may be {guess}: open it as {guess}, check its letters, and save it as UTF-8."
    else:
        remedy = f"It appears to be {kind or 'no text'}. Save it as text in UTF-8."
    return errors.UserError(
        f"Text must be UTF-8. Received: {path} with the byte 0x{content[position]:02x} in line {line}. {remedy}"
    )


def _guess(content: bytes) -> str:
    """Guess the encoding of `content`, except those of `_WITHOUT_MARK`; empty if none fits."""
    best = charset_normalizer.from_bytes(content, cp_exclusion=list(_WITHOUT_MARK)).best()
    return best.encoding if best else ""


def lines(path: Path) -> list[str]:
    """Read the lines that are not blank, without blanks around them.

    Raises:
      errors.UserError: If the file is neither UTF-8 nor UTF-16.
      OSError: If it cannot be read.
    """
    return [line.strip() for line in text(path).splitlines() if line.strip()]


def cells(content: str, source: Path, strict: bool = False, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Parse the rows of a table, and yield for each row the number of its last line and its cells.

    Args:
      content: Text of the table.
      source: Path of the table, for the error message.
      strict: True to require correctly placed and closed quotes.
      delimiter: Character between cells.

    Raises:
      errors.UserError: If the text is not such a table, or a cell has over 131,072 letters.
    """
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=strict)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        hint = " It may lack a closing quote." if "limit" in str(error) else ""
        raise errors.UserError(
            f"A table must have {_DELIMITERS[delimiter]} between cells, and quotes in pairs. Received: {source}, line "
            f"{reader.line_num}: {errors.first_line(error)}.{hint} Correct that line."
        ) from None


def require_file(path: str, argument: str) -> Path:
    """Check that the file that a setting names exists, and return its path with `~` expanded.

    Raises:
      errors.UserError: If there is no such file.
    """
    file = paths.expanded(path)
    if not os.path.isfile(file):
        trouble = "is not a file" if os.path.exists(file) else "does not exist"
        raise errors.UserError(
            f"`{errors.setting(argument)}` must name a file. Received: {errors.setting(argument, path)}, which "
            f"{trouble}. Name an existing file."
        )
    return file
