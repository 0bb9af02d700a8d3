# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Reads text files as UTF-8, and says where they are none."""

from __future__ import annotations

from pathlib import Path

from niwt_tf import errors


def text(path: Path) -> str:
    """Returns what a UTF-8 file says, without a byte order mark.

    Raises:
      errors.UserError: if it is no UTF-8.
      OSError: if it cannot be read.
    """
    content = path.read_bytes()
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
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
