# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write files and folders completely or not at all, under a hidden name beside the final one.

What a killed process left under that name is removed by the next call that writes the same path. Where several
processes may write a path, hold its lock, see `locks`.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

_ENDING = ".part"


@contextlib.contextmanager
def temporary(path: Path) -> Iterator[Path]:
    """Yield `path` with nothing there, and remove what is there after the block.

    Raises:
      OSError: If what a killed process left there cannot be removed.
    """
    _remove(path)
    try:
        yield path
    finally:
        _remove(path)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and rename what the block made there to `path` if it raises no exception.

    Args:
      path: File or folder to make. A file is replaced; a folder must be empty or missing.

    Raises:
      OSError: If nothing can be written there.
    """
    with temporary(path.with_name(f".{path.name}{_ENDING}")) as part:
        yield part
        if path.is_dir() and part.is_dir():
            path.rmdir()  # only an empty one
        part.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file completely or not at all.

    Raises:
      OSError: If it cannot be written.
    """
    with writing(path) as part:
        part.write_text(text, "utf-8")


def clear(folder: Path) -> None:
    """Remove all that killed processes left below a folder which no process writes."""
    for path in folder.rglob(f".*{_ENDING}"):
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
