# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Run commands as processes, several at a time: a failure stops no other process, and none outlives this one."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from niwt_tf.compare import resources

_PAUSE = 0.1  # seconds between checks of the processes
_GRACE = 10.0  # seconds that an interrupted process has to end by itself


def never() -> bool:
    """Return False: a task has to wait until the other one is done."""
    return False


@dataclasses.dataclass(frozen=True)
class Task:
    """Command to run as a process.

    Attributes:
      key: Name of the task.
      command: Command line. Its standard input is a pipe that closes when this process ends, however it ends.
      log: File for the output; an old one is overwritten.
      waits_for: Key of the task that this one waits for; None for none.
      is_ready: Function that returns True once the task need not wait any longer, although the other is not done.
    """

    key: str
    command: Sequence[str]
    log: Path
    waits_for: str | None = None
    is_ready: Callable[[], bool] = never


def run(
    tasks: Iterable[Task],
    most: int,
    threads: int,
    ended: Callable[[Task, int], None] = lambda task, code: None,
) -> dict[str, int]:
    """Run all tasks, and return the exit status of each by its key; a signal's is negative.

    Args:
      tasks: Tasks in the order in which they are started; a task may wait for an earlier one only.
      most: Largest number of tasks at a time.
      threads: Number of threads of each task.
      ended: Function to call after each task, with the task and its exit status.

    Raises:
      KeyboardInterrupt: After Ctrl-C, when all processes have ended.
    """
    waiting, running, codes = list(tasks), dict[str, tuple[Task, subprocess.Popen[bytes]]](), dict[str, int]()
    unfinished = {task.key for task in waiting}
    try:
        while waiting or running:
            for key, (task, process) in list(running.items()):
                if process.poll() is not None:
                    del running[key]
                    codes[key] = code = _close(process)
                    unfinished.discard(key)
                    ended(task, code)
            ready = [task for task in waiting if task.waits_for not in unfinished or task.is_ready()]
            for task in ready[: most - len(running)]:
                running[task.key] = task, _start(task, resources.environment(threads))
                waiting.remove(task)
            time.sleep(_PAUSE)
    finally:
        _stop([process for _, process in running.values()])
    return codes


def _start(task: Task, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    task.log.parent.mkdir(parents=True, exist_ok=True)
    with task.log.open("wb") as log:
        return subprocess.Popen(
            task.command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, env=environment
        )


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Interrupt processes as Ctrl-C does, and kill those that do not end in time."""
    for process in processes:
        process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + _GRACE
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
        _close(process)


def _close(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process that has ended or is about to, and return its exit status."""
    if process.stdin:
        process.stdin.close()
    return process.wait()
