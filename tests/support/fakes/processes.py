# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Programs in processes of their own that start at once: they are forked from one that has imported TensorFlow."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tensorflow", "tensorflow_datasets", "keras", "sklearn.linear_model", "matplotlib"])


def start(program: str, *arguments: str | Path, log: Path) -> ForkServerProcess:
    """Start a program.

    Args:
      program: Name of the program, such as `niwt`.
      arguments: Its arguments.
      log: File to which its output is appended.
    """
    process = _context.Process(target=_main, args=(program, list(map(str, arguments)), log))
    process.start()
    return process


def _main(program: str, arguments: list[str], log: Path) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setpgid(0, 0)
    with log.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.argv = [program, *arguments]
    importlib.import_module(f"niwt_tf.cli.{program}").run()
