# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Compute checksums of files, as `sha256sum` prints them, and remember those of files that take long to read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from niwt_tf.util import atomic, progress
from niwt_tf.util import paths as paths_lib

_BLOCK = 2**20
_SMALL = 2**20  # bytes; such a file is read again faster than its checksum is looked up
_SETTLED = 2.0  # seconds; a file may change again without a new time of change within a tick of its file system's clock
_PATIENCE = 2.0  # seconds before a bar appears
_DIGEST = re.compile("[0-9a-f]{64}")
_MOST_REMEMBERED = 20_000

_in_process: dict[str, str] = {}  # checksums that this process has computed, by key


def sha256(*paths: Path) -> str:
    """Compute the SHA-256 of files, one after the other, as 64 hexadecimal digits.

    Raises:
      errors.UserError: If one is not a regular file.
      OSError: If a file cannot be read.
    """
    with contextlib.ExitStack() as opened:
        return sha256_of(*(opened.enter_context(paths_lib.require_regular(path).open("rb")) for path in paths))


def sha256_of(*files: IO[bytes]) -> str:
    """Compute the SHA-256 of open files, one after the other, each from its current position to its end."""
    return _read_into(hashlib.sha256(), files)


def md5(path: Path) -> str:
    """Compute the MD5 of a file, as 32 hexadecimal digits: old files are published with it.

    Raises:
      errors.UserError: If it is not a regular file.
      OSError: If the file cannot be read.
    """
    with paths_lib.require_regular(path).open("rb") as file:
        return _read_into(hashlib.md5(usedforsecurity=False), [file])


def _read_into(total: hashlib._Hash, files: Iterable[IO[bytes]]) -> str:
    for file in files:
        while block := file.read(_BLOCK):
            total.update(block)
    return total.hexdigest()


def remembered(path: Path) -> str:
    """Compute the SHA-256 of a file, or look it up if this user has computed it before and nothing wrote to the file.

    A file is recognised by its device, inode, size, and times of modification and of change. The last one cannot be
    set by a program, so that a file replaced by one of equal size and time of modification counts as changed.

    Raises:
      errors.UserError: If it is not a regular file.
      OSError: If the file cannot be read.
    """
    if paths_lib.require_regular(path).stat().st_size < _SMALL:
        return sha256(path)
    return _look_up([path], lambda: sha256(path))


def remembered_tree(files: Iterable[tuple[str, Path]], most: int | None = None) -> str:
    """Compute the SHA-256 of the names and contents of files, or look it up as `remembered` does.

    Args:
      files: Name and path of each file.
      most: Size in bytes above which nobody reads a file, so that only its size counts; any size by default.

    Raises:
      OSError: If a file cannot be read.
    """
    named = sorted(files)

    def compute() -> str:
        total = hashlib.sha256()
        for name, path in progress.bar(named, "reading files", unit="file", delay=_PATIENCE):
            content = paths_lib.trouble(path) or _size_above(most, path) or sha256(path)
            total.update(f"{paths_lib.printable(name)}\0{content}\0".encode())
        return total.hexdigest()

    return _look_up([path for _, path in named], compute, *(name for name, _ in named))


def _size_above(most: int | None, path: Path) -> str:
    """Return the size of a file of more than `most` bytes; empty for others."""
    size = path.stat().st_size
    return f"{size} bytes" if most is not None and size > most else ""


def _look_up(paths: list[Path], compute: Callable[[], str], *names: str) -> str:
    """Look up what `compute` returned for the same, unchanged files; call it if that is not known."""
    states = [_state(path) for path in paths]
    key = hashlib.sha256(repr((names, states)).encode("utf-8", "surrogateescape")).hexdigest()
    is_settled = max((state[-1] for state in states), default=0) < (time.time() - _SETTLED) * 1e9
    if not is_settled:
        return compute()
    return _known(key) or _remember(key, compute())


def _state(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return (0,)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _known(key: str) -> str:
    if key in _in_process:
        return _in_process[key]
    try:
        digest = (_store() / key).read_text("ascii")
    except (OSError, ValueError, RuntimeError):
        return ""
    return digest if _DIGEST.fullmatch(digest) else ""


def _remember(key: str, digest: str) -> str:
    _in_process[key] = digest
    with contextlib.suppress(OSError, RuntimeError):  # without a folder of the user, the next process computes it
        _store().mkdir(parents=True, exist_ok=True)
        atomic.write_text(_store() / key, digest)  # without a lock: what two processes mix up is no checksum
        _forget_oldest(_store())
    return digest


def _store() -> Path:
    return paths_lib.cache_folder() / "checksums"


def _forget_oldest(store: Path) -> None:
    entries = list(os.scandir(store))
    if len(entries) > _MOST_REMEMBERED:
        for entry in sorted(entries, key=lambda one: one.stat().st_mtime)[: _MOST_REMEMBERED // 2]:
            os.unlink(entry)
