# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read JSON files that may be missing or damaged, and write them completely or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from niwt_tf.util import atomic


def read(path: Path) -> Any:
    """Read a JSON file; None if it does not exist or cannot be parsed."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: no JSON, or no text at all
        return None


def write(path: Path, value: Any) -> None:
    """Write a JSON file completely or not at all."""
    atomic.write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")
