# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Locks between processes: one writes, the others wait.

A lock is a hidden file that exists while a process writes. The operating system frees the lock of a process that ends,
however it ends; the file that it leaves then is no lock, and the next process takes it over.
"""

from __future__ import annotations

import contextlib
import contextvars
import errno
import functools
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import filelock

from niwt_tf import errors
from niwt_tf.util import clean, json_files, progress

_BRIEF = 0.5  # seconds to wait for a lock before another process is said to hold it
_MISSING = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP)  # errors of file systems without locks
_LONGEST = 200  # letters of a command in a message
_may_wait = contextvars.ContextVar("may_wait", default=True)


def allow_waiting(is_allowed: bool) -> None:
    """Choose what `hold` does while another process holds the lock: wait, or raise an error."""
    _may_wait.set(is_allowed)


def within(folder: Path) -> Path:
    """Return the path of the lock of a folder whose files are written one by one."""
    return folder / ".lock"


def beside(path: Path) -> Path:
    """Return the path of the lock of a file or folder that is written as a whole."""
    return path.with_name(f".{path.name}.lock")


@contextlib.contextmanager
def hold(lock: Path, work: str) -> Iterator[None]:
    """Hold a lock within the block; a thread that holds it already goes on.

    On a file system without locks, one warning is printed, and the block is run without the lock.

    Args:
      lock: Path of the lock, from `within` or `beside`. Its folder is created.
      work: Description of what is written, for messages, such as "the run in runs/aviary".

    Raises:
      errors.UserError: If another process holds the lock, and `allow_waiting` forbade waiting.
      OSError: If the file cannot be written.
    """
    handle = filelock.FileLock(lock, is_singleton=True, fallback_to_soft=False)
    if not _acquire(handle, lock, work):
        yield
        return
    is_first = handle.lock_counter == 1
    try:
        if is_first:
            _write_holder(lock)
        yield
    finally:
        if is_first:
            lock.unlink(missing_ok=True)  # before the release; a process that then acquires it notices, and tries again
        handle.release()


def _acquire(handle: filelock.BaseFileLock, lock: Path, work: str) -> bool:
    """Wait for a lock; return False if the file system has none."""
    try:
        try:
            handle.acquire(timeout=_BRIEF)
        except filelock.Timeout:
            _announce(_holder(lock), work)
            handle.acquire()
    except OSError as error:
        if error.errno not in _MISSING:
            raise
        lock.unlink(missing_ok=True)
        _warn(lock.parent)
        return False
    return True


def _announce(holder: str, work: str) -> None:
    """Print for whom this process waits, or raise an error if it must not wait."""
    if not _may_wait.get():
        raise errors.UserError(
            f"Only one process may write {work} at a time. Received: {errors.setting('wait', False)}, while {holder} "
            f"writes there. Run the same command later, or leave {errors.setting('wait', False)} out."
        )
    progress.print_line(f"  waiting for {holder}, which writes {work}")


@functools.cache
def _warn(folder: Path) -> None:
    progress.print_line(
        f"  warning: the file system of {folder} has no locks; let only one process at a time write there"
    )


def _write_holder(lock: Path) -> None:
    """Describe this process in the lock's file, for those that wait."""
    command = clean.shell([Path(sys.argv[0]).name, *sys.argv[1:]])[:_LONGEST]
    record = {"process": os.getpid(), "machine": socket.gethostname(), "command": command}
    with contextlib.suppress(OSError):  # where a lock forbids that, such as on SMB
        lock.write_text(json.dumps(record), "utf-8")


def _holder(lock: Path) -> str:
    """Describe the process that holds a lock."""
    record = None
    with contextlib.suppress(OSError):
        record = json_files.read(lock)
    if not isinstance(record, dict):
        return "another process"
    process, machine, command = (str(record.get(name))[:_LONGEST] for name in ("process", "machine", "command"))
    return f"process {process} on {machine} ({command})"
