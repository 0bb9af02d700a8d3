# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check paths for surprises: pipes and devices named like files, broken links, names that are not UTF-8.

And show them without what concerns nobody else: the folder of the user, and the folders of this machine.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path, PurePath

from niwt_tf import errors
from niwt_tf.util import clean

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_MOST_BYTES, _MOST_IN_ALL = 255, 4_000  # in a name, and in a path
_NO_TEXT = re.compile("[\ud800-\udfff]")
# An absolute path within a text, and its last name; a slash after a word, a colon or another slash begins none.
_ABSOLUTE = re.compile(r"(?<![\w.:/~])~?/(?:[^\s/;,\"']+/)*([^\s/;,\"']+)")
_LOCATED = re.compile(r"((?:\w{2,}:)?)((?!//)(?:[/~\\]|[A-Za-z]:[/\\]).*)", re.DOTALL)


def trouble(path: Path, most: int | None = None) -> str:
    """Explain why `path` is not a regular file, such as "a pipe"; empty if it is one. The file is not opened.

    Args:
      path: Path to check.
      most: Largest size of the file, in bytes; any by default.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return "a link to nothing" if path.is_symlink() else "no such file"
    except OSError as error:  # a link to itself, a folder that may not be entered
        return error.strerror or type(error).__name__
    except ValueError:  # a NUL character
        return "no possible name of a file"
    if not stat.S_ISREG(status.st_mode):
        return _KINDS.get(stat.S_IFMT(status.st_mode), "no file")
    return "" if most is None or status.st_size <= most else f"a file of more than {most:,} bytes"


def require_regular(path: Path, most: int | None = None) -> Path:
    """Check that `path` is a regular file, and return it: reading a pipe or a device may never end.

    Args:
      path: Path to check.
      most: Largest size of the file, in bytes; any by default.

    Raises:
      errors.UserError: If it is not a regular file, or is larger.
    """
    if why := trouble(path):
        raise errors.UserError(
            f"A file must be a regular one that can be read. Received: {path}, {why}. Put the file there, or name "
            "another."
        )
    if most is not None and (size := path.stat().st_size) > most:
        raise errors.UserError(
            f"A file of this kind must have at most {most:,} bytes. Received: {path}, with {size:,} bytes. Name "
            "another."
        )
    return path


def has_file(path: Path) -> bool:
    """Check whether there is a file at `path`, which may be left out: what is in its place is not overlooked.

    Raises:
      errors.UserError: If there is something else, such as a pipe, or a link to nothing.
    """
    return os.path.lexists(path) and bool(require_regular(path))


def has_folder(path: Path) -> bool:
    """Check whether there is a folder at `path`, which may be left out: what is in its place is not overlooked.

    Raises:
      errors.UserError: If there is something else, such as a file, or a link to nothing.
    """
    if os.path.lexists(path) and not path.is_dir():
        raise errors.UserError(
            f"A folder must be one that can be read. Received: {path}, {trouble(path) or 'a file'}. Put the folder "
            "there, or name another."
        )
    return path.is_dir()


def read_bytes(path: Path, most: int) -> bytes:
    """Read a regular file of at most `most` bytes.

    Raises:
      errors.UserError: If it is not a regular file, or is larger.
      OSError: If it cannot be read.
    """
    return require_regular(path, most).read_bytes()


def expanded(path: str | os.PathLike[str]) -> Path:
    """Replace `~` at the start of a path by the user's folder; `~name` of a user who does not exist stays.

    Raises:
      errors.UserError: If no disk can hold such a path: a name in it is too long, or holds a NUL character.
    """
    whole = Path(os.path.expanduser(path))
    if not is_possible(whole):
        raise errors.UserError(
            f"Names in a path must have at most {_MOST_BYTES} bytes, and no NUL. Received: "
            f"{errors.clipped(repr(os.fspath(path)))}. Name another."
        )
    return whole


def is_possible(path: Path) -> bool:
    """Check whether a disk can hold a path: no name in it is too long, or has a character that names cannot have."""
    try:
        names = [os.fsencode(part) for part in path.parts]
    except UnicodeEncodeError:
        return False
    return all(len(name) <= _MOST_BYTES and b"\0" not in name for name in names) and sum(map(len, names)) < _MOST_IN_ALL


def cache_folder() -> Path:
    """Choose the folder for what can be computed again: `NIWT_CACHE_DIR`, or one in the user's own folder."""
    return Path(os.environ.get("NIWT_CACHE_DIR") or "~/.cache/niwt_tf").expanduser()


def printable(text: str) -> str:
    r"""Escape the bytes of a name that are not UTF-8 as `\xe9`, so that any file and terminal takes the text."""
    return _NO_TEXT.sub(clean.number, text)


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
