# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Locks between processes: one writes, the others wait. The operating system frees the lock of a process that ends."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock

from niwt_tf import errors
from niwt_tf.util import clean, json_files, progress


@contextlib.contextmanager
def hold(path: Path, work: str, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a file within the block.

    Args:
      path: File to lock; it is created, and stays.
      work: Description of what is written, for the line printed while waiting.
      wait: False to raise an error if another process holds the lock, in place of waiting for it.

    Raises:
      errors.UserError: If another process holds the lock, and `wait` is False.
      OSError: If the file cannot be written.
    """
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        if not wait:
            raise errors.UserError(
                f"Only one process may write {work}. Received: {_holder(path)} writes it. Wait for it, or leave "
                f"{errors.setting('wait', False)} out."
            ) from None
        progress.print_line(f"  waiting for {_holder(path)}, which writes {work}")
        lock.acquire()
    try:
        json_files.write(_holder_file(path), _describe_self())
        yield
    finally:
        _holder_file(path).unlink(missing_ok=True)
        lock.release()


def _holder_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _describe_self() -> dict[str, Any]:
    return {"process": os.getpid(), "machine": socket.gethostname(), "command": clean.shell(sys.argv)}


def _holder(path: Path) -> str:
    """Describe the process that holds the lock."""
    record = json_files.read(_holder_file(path))
    if not isinstance(record, dict):
        return "another process"
    return f"process {record.get('process')} on {record.get('machine')} ({record.get('command')})"
