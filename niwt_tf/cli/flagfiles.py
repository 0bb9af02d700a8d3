# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check the flagfiles that a command line names: absl would read a pipe, a device or a file of any size to its end."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from niwt_tf.util import paths

_MOST_BYTES = 2**20
_NAMED = re.compile(r"\s*--?flagfile(?:=(.*)|\s*)", re.DOTALL)


def require_texts(arguments: Iterable[str]) -> None:
    """Check that flagfiles, and those that they name themselves, are texts; absl reports the ones that do not exist.

    Args:
      arguments: Arguments of the command line.

    Raises:
      errors.UserError: If one is not a regular file, or has more than 1 MiB.
      UnicodeDecodeError: If one is not UTF-8.
      OSError: If one cannot be read.
    """
    waiting, done = list(_named(arguments)), set()
    while waiting:
        path = waiting.pop()
        if path not in done and os.path.lexists(path):
            done.add(path)
            waiting += _named(paths.read_bytes(path, _MOST_BYTES).decode("utf-8").splitlines())


def _named(lines: Iterable[str]) -> Iterator[Path]:
    """List the flagfiles that arguments or lines name, as `--flagfile=PATH` or with the path in the next one."""
    is_next = False
    for line in lines:
        match = _NAMED.fullmatch(line)
        name = line if is_next else match[1] if match else None
        is_next = match is not None and match[1] is None and not is_next
        if name and "\0" not in name and len(os.fsencode(name)) < 255:
            yield Path(os.path.expanduser(name.strip()))
