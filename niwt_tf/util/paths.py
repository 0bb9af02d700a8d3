# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check paths for surprises: pipes and devices named like files, broken links, names that are not UTF-8.

And show them without what concerns nobody else: the folder of the user, and the folders of this machine.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path, PurePath

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_NO_TEXT = re.compile("[\ud800-\udfff]")
# An absolute path within a text, and its last name; a slash after a word, a colon or another slash begins none.
_ABSOLUTE = re.compile(r"(?<![\w.:/~])~?/(?:[^\s/;,\"']+/)*([^\s/;,\"']+)")
_LOCATED = re.compile(r"((?:\w{2,}:)?)((?!//)(?:[/~\\]|[A-Za-z]:[/\\]).*)", re.DOTALL)


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


def with_home(text: str) -> str:
    """Show the home folder of the user as `~` in a text, such as a command; the programs read `~` as that folder."""
    home = Path.home()
    return text.replace(f"{home}{os.sep}", f"~{os.sep}") if home.name else text


def last_names(text: str) -> str:
    """Reduce each absolute path in a text to its last name."""
    return _ABSOLUTE.sub(r"\1", text)


def last_name(value: str) -> str:
    """Reduce a setting that is an absolute path to its last name, also after a kind: `keras:/a/b.keras`."""
    match = _LOCATED.fullmatch(value)
    return f"{match[1]}{PurePath(match[2]).name}" if match else value


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
