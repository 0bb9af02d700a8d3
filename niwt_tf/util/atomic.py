# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write files and folders completely or not at all, under a temporary name beside the final one."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and rename what the block made there to `path` if it raises no exception.

    Args:
      path: File or folder to make. A file is replaced; a folder must be empty or missing.

    Raises:
      OSError: If nothing can be written there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        if path.is_dir() and temporary.is_dir():
            path.rmdir()  # only an empty one
        temporary.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            _remove(temporary)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file completely or not at all.

    Raises:
      OSError: If it cannot be written.
    """
    with writing(path) as temporary:
        temporary.write_text(text, "utf-8")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
