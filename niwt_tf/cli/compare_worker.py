# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The program that `niwt_compare` starts for each job: it does one job, and ends when its parent process ends."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.cli import launch
from niwt_tf.compare import worker_job


def main(arguments: Sequence[str]) -> None:
    """Do the job in the file that the first argument names."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    failures = worker_job.execute(worker_job.read(Path(arguments[1])), launch.start_tensorflow)
    if failures:
        lines = (f"{name}: {line}" for name, line in failures.items())
        raise errors.UserError("\n".join(["Some methods could not be measured.", *lines]))


def _end_with_parent() -> None:
    """End this process when standard input closes, which happens however the parent process ends."""
    while os.read(0, 1):
        pass
    os._exit(1)


def run() -> None:
    """Run the program."""
    launch.run(main, "Do one job of niwt_compare, which starts this program.", takes_arguments=True)
