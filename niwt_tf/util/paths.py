# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check paths for surprises: pipes and devices named like files, broken links, names that are not UTF-8."""

from __future__ import annotations

import errno
import re
import stat
from pathlib import Path

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_NO_TEXT = re.compile("[\ud800-\udfff]")


def trouble(path: Path) -> str:
    """Explain why `path` is not a regular file, such as "a pipe"; empty if it is one. The file is not opened."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "a link to nothing" if path.is_symlink() else "no such file"
    except OSError as error:  # a link to itself, a folder that may not be entered
        return error.strerror or type(error).__name__
    return "" if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "no file")


def require_regular(path: Path) -> Path:
    """Check that `path` is a regular file, and return it: reading a pipe or a device may never end.

    Raises:
      OSError: If it is not a regular file.
    """
    if why := trouble(path):
        raise OSError(errno.ENOENT if not path.exists() else errno.EINVAL, why, str(path))
    return path


def printable(text: str) -> str:
    r"""Escape the bytes of a name that are not UTF-8 as `\xe9`, so that any file and terminal takes the text."""
    return _NO_TEXT.sub(_escaped, text)


def is_text(name: str) -> bool:
    """Check whether a name on disk is UTF-8."""
    return not _NO_TEXT.search(name)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
