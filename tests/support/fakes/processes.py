# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Programs in processes of their own that start at once: they are forked from one that has imported TensorFlow."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from niwt_tf.cli import interrupts
from niwt_tf.cli import start as programs
from niwt_tf.util import locks

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tensorflow", "tensorflow_datasets", "keras", "sklearn.linear_model", "matplotlib"])


def start(program: str, *arguments: str | Path, log: Path) -> ForkServerProcess:
    """Start a program, and wait until its first line is about to run.

    It says at once that it waits for a lock, so that its log tells whether it met another process.

    Args:
      program: Name of the program, such as `niwt`.
      arguments: Its arguments.
      log: File to which its output is appended.
    """
    reader, writer = _context.Pipe(duplex=False)
    process = _context.Process(target=_main, args=(program, list(map(str, arguments)), log, writer))
    process.start()
    reader.recv()
    return process


def _main(program: str, arguments: list[str], log: Path, writer: Connection) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setpgid(0, 0)
    with log.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.argv = [program, *arguments]
    locks._BRIEF = 0.0
    interrupts.begin()  # as a program's first line does
    writer.send(True)
    getattr(programs, program)()
