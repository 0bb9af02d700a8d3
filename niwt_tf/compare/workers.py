# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs commands as processes, several at a time: one that fails stops no other, and none outlives this process."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from niwt_tf.compare import resources

_PAUSE = 0.1  # seconds between looks at the processes
_GRACE = 10.0  # seconds that an interrupted process has to end by itself


def _never() -> bool:
    return False


@dataclasses.dataclass(frozen=True)
class Task:
    """A command.

    Attributes:
      key: its name.
      command: what to run. Its standard input is a pipe that closes when this process ends, however it does.
      log: where its output goes; made anew.
      after: the task that it waits for; None for none.
      until: whether it need not wait any longer, though that task goes on.
    """

    key: str
    command: Sequence[str]
    log: Path
    after: str | None = None
    until: Callable[[], bool] = _never


def run(
    tasks: Iterable[Task],
    most: int,
    threads: int,
    ended: Callable[[Task, int], None] = lambda task, code: None,
) -> dict[str, int]:
    """Runs all tasks, and returns the exit status of each by its key; that of a signal is negative.

    Args:
      tasks: in the order in which they are started; none waits for a later one.
      most: how many run at a time.
      threads: how many each gets, however many run.
      ended: called after each.

    Raises:
      KeyboardInterrupt: after Ctrl-C, when all processes have ended.
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
            free = [task for task in waiting if task.after not in unfinished or task.until()][: most - len(running)]
            for task in free:
                running[task.key] = task, _start(task, resources.environment(threads))
                waiting.remove(task)
            time.sleep(_PAUSE)
    finally:
        _end([process for _, process in running.values()])
    return codes


def _start(task: Task, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    task.log.parent.mkdir(parents=True, exist_ok=True)
    with task.log.open("wb") as log:
        return subprocess.Popen(
            task.command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, env=environment
        )


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Interrupts processes as Ctrl-C does, and kills those that do not end."""
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
    """Returns the exit status of a process that has ended, or is about to."""
    if process.stdin:
        process.stdin.close()
    return process.wait()
