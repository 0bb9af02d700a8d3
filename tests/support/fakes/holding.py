# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Another process that holds a lock."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from niwt_tf.util import progress

_ROOT = Path(__file__).resolve().parents[3]
_CODE = """
import pathlib, sys
from niwt_tf.util import locks
with locks.hold(pathlib.Path(sys.argv[1]), "it"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def another_process(lock: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that holds `lock` until its standard input is closed, or the block ends."""
    command = [sys.executable, "-c", _CODE, str(lock)]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout and process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def end_when_waited_for(
    monkeypatch: pytest.MonkeyPatch, process: subprocess.Popen[str], work: Callable[[], object] = lambda: None
) -> list[str]:
    """Have a process end its work and release its lock as soon as this one says that it waits.

    Args:
      monkeypatch: Of the test.
      process: Process that holds the lock.
      work: Does what the process seems to have done.

    Returns:
      The lines that this process prints.
    """
    lines: list[str] = []

    def print_line(text: str) -> None:
        lines.append(text)
        if text.startswith("  waiting for") and process.stdin:
            work()
            process.stdin.close()

    monkeypatch.setattr(progress, "print_line", print_line)
    return lines
