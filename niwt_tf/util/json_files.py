# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read JSON files that may be missing or damaged, and write them completely or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from niwt_tf.util import atomic, paths

MOST_BYTES = 2**26
_DEEPEST = 64  # lists and objects within each other


def read(path: Path) -> Any:
    """Read a JSON file; None if it does not exist or cannot be parsed."""
    try:
        return parse(_read_bytes(path))
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: no JSON, or no text at all
        return None


def parse(content: bytes, only_finite: bool = True) -> Any:
    """Parse JSON, but nothing that is nested deeper than any file of ours.

    Args:
      content: Bytes of the file.
      only_finite: True to refuse NaN and infinity, which JSON itself does not have.

    Raises:
      ValueError: If it is something else.
    """
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_refuse if only_finite else None)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    level = [value]
    for _ in range(_DEEPEST):
        level = [item for one in level for item in _items(one)]
    if level:
        raise ValueError(f"it is nested deeper than {_DEEPEST} levels")
    return value


def write(path: Path, value: Any) -> None:
    """Write a JSON file completely or not at all."""
    atomic.write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def _read_bytes(path: Path) -> bytes:
    """Read a regular file of at most `MOST_BYTES`."""
    if trouble := paths.trouble(path):
        raise FileNotFoundError(trouble)
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES:,} bytes")
    return path.read_bytes()


def _items(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _refuse(constant: str) -> Any:
    raise ValueError(f"it holds {constant}")
