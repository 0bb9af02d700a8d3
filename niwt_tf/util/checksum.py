# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Compute checksums of files, as `sha256sum` prints them."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import IO

from niwt_tf.util import paths as paths_lib

_BLOCK = 2**20


def sha256(*paths: Path) -> str:
    """Compute the SHA-256 of files, one after the other, as 64 hexadecimal digits.

    Raises:
      OSError: If a file cannot be read, or is not a regular file.
    """
    with contextlib.ExitStack() as opened:
        return sha256_of(*(opened.enter_context(paths_lib.require_regular(path).open("rb")) for path in paths))


def sha256_of(*files: IO[bytes]) -> str:
    """Compute the SHA-256 of open files, one after the other, each from its current position to its end."""
    total = hashlib.sha256()
    for file in files:
        while block := file.read(_BLOCK):
            total.update(block)
    return total.hexdigest()
