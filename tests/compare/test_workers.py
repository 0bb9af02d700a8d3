# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the processes: several at a time, in order, and none outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from niwt_tf.compare import workers

_ROOT = Path(__file__).resolve().parents[2]


def _task(tmp_path: Path, key: str, code: str, waits_for: str | None = None, **more: object) -> workers.Task:
    command = [sys.executable, "-c", f"import os, pathlib, sys, time; {code}"]
    return workers.Task(key, command, tmp_path / key / "log.txt", waits_for, **more)


def test_a_failing_task_does_not_stop_the_others(tmp_path: Path) -> None:
    ended: list[tuple[str, int]] = []
    tasks = [_task(tmp_path, "a", "print('no'); sys.exit(3)"), _task(tmp_path, "b", "print('yes')", waits_for="a")]
    assert workers.run(tasks, 1, 1, lambda task, code: ended.append((task.key, code))) == {"a": 3, "b": 0}
    assert ended == [("a", 3), ("b", 0)]
    assert [(tmp_path / key / "log.txt").read_text("utf-8") for key in "ab"] == ["no\n", "yes\n"]


def test_a_signal_gives_a_negative_status(tmp_path: Path) -> None:
    assert workers.run([_task(tmp_path, "a", "os.kill(os.getpid(), 9)")], 1, 1) == {"a": -9}


def test_two_tasks_run_at_the_same_time(tmp_path: Path) -> None:
    """Each waits for the other's file, so neither would end alone."""
    meet = "pathlib.Path({!r}).touch()\nwhile not pathlib.Path({!r}).exists(): time.sleep(0.01)"
    one, other = str(tmp_path / "one"), str(tmp_path / "other")
    tasks = [_task(tmp_path, "a", meet.format(one, other)), _task(tmp_path, "b", meet.format(other, one))]
    assert workers.run(tasks, 2, 1) == {"a": 0, "b": 0}


def test_the_number_of_tasks_at_a_time_is_limited(tmp_path: Path) -> None:
    lock = str(tmp_path / "lock")
    code = f"os.mkdir({lock!r}); time.sleep(0.1); os.rmdir({lock!r})"
    assert set(workers.run([_task(tmp_path, str(n), code) for n in range(3)], 1, 1).values()) == {0}


def test_a_task_waits_for_another_until_it_is_ready(tmp_path: Path) -> None:
    made, done = tmp_path / "made", tmp_path / "done"
    first = f"pathlib.Path({str(made)!r}).touch()\nwhile not pathlib.Path({str(done)!r}).exists(): time.sleep(0.01)"
    second = f"assert pathlib.Path({str(made)!r}).exists(); pathlib.Path({str(done)!r}).touch()"
    tasks = [_task(tmp_path, "a", first), _task(tmp_path, "b", second, waits_for="a", is_ready=made.exists)]
    assert workers.run(tasks, 2, 1) == {"a": 0, "b": 0}


def test_a_task_does_not_wait_for_one_outside_the_list(tmp_path: Path) -> None:
    assert workers.run([_task(tmp_path, "b", "pass", waits_for="a")], 1, 1) == {"b": 0}


def test_every_process_gets_the_same_number_of_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    code = "print(os.environ['OMP_NUM_THREADS'], os.environ['TF_NUM_INTRAOP_THREADS'])"
    tasks = [_task(tmp_path, "a", code), _task(tmp_path, "b", code, waits_for="a"), _task(tmp_path, "c", code)]
    workers.run(tasks, 2, 3)
    assert [(tmp_path / key / "log.txt").read_text("utf-8") for key in "abc"] == ["3 3\n"] * 3


_CHILD = """
import os, sys, threading, time
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
print(os.getpid(), flush=True)
time.sleep(60)
"""
_PARENT = f"""
import sys
from pathlib import Path
from niwt_tf.compare import workers
workers.run([workers.Task("a", [sys.executable, "-c", {_CHILD!r}], Path(sys.argv[1]))], 1, 1)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill"])
def test_children_end_with_their_parent(tmp_path: Path, number: int) -> None:
    log, env = tmp_path / "log.txt", os.environ | {"PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-c", _PARENT, str(log)]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE) as parent:
        child = int(_wait(lambda: log.exists() and log.read_text("utf-8").strip()))
        parent.send_signal(number)
        parent.wait(20)
        assert _wait(lambda: not _is_running(child))


def _wait(condition: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not status.exists() or status.read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
