# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Notes which files Python opens, by its audit event; files that native code opens are not seen."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_opened: list[set[Path]] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _opened and isinstance(arguments[0], str | bytes | os.PathLike):
        path = Path(os.path.abspath(os.fsdecode(arguments[0])))
        for opened in _opened:
            opened.add(path)


sys.addaudithook(_note)  # which cannot be removed


@contextlib.contextmanager
def note() -> Iterator[set[Path]]:
    """Yields the set that receives the absolute paths of all files opened within the block."""
    opened: set[Path] = set()
    _opened.append(opened)
    try:
        yield opened
    finally:
        _opened.remove(opened)
