# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Checksums of files, as `sha256sum` prints them."""

from __future__ import annotations

import hashlib
from pathlib import Path

_BLOCK = 2**20


def sha256(*paths: Path) -> str:
    """Returns the SHA-256 of files, one after the other, as 64 hexadecimal digits.

    Raises:
      OSError: if a file cannot be read.
    """
    total = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                total.update(block)
    return total.hexdigest()
