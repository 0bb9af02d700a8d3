# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of locks between processes: one writes, the others wait, and none waits for a process that has ended."""

from __future__ import annotations

import contextvars
import errno
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from fakes import holding
from niwt_tf import errors
from niwt_tf.util import locks, progress

_ROOT = Path(__file__).resolve().parents[2]
_PROCESSES, _TURNS = 4, 25
_T = TypeVar("_T")
_COUNT = f"""
import pathlib, sys
from niwt_tf.util import locks
lock, counter = map(pathlib.Path, sys.argv[1:])
for _ in range({_TURNS}):
    with locks.hold(lock, "the counter"):
        counter.write_text(str(int(counter.read_text()) + 1))
"""


def _without_waiting(call: Callable[[], _T]) -> _T:
    """Call a function where waiting is not allowed, and leave the test's own context as it is."""

    def run() -> _T:
        locks.allow_waiting(False)
        return call()

    return contextvars.copy_context().run(run)


def _hold(lock: Path) -> None:
    with locks.hold(lock, "the run"):
        pass


@pytest.mark.parametrize("name", ["run", "1", "zoo.keras"])
def test_a_lock_is_a_hidden_file_that_exists_while_it_is_held(tmp_path: Path, name: str) -> None:
    assert locks.within(tmp_path / name) == tmp_path / name / ".lock"
    assert locks.beside(tmp_path / name) == tmp_path / f".{name}.lock"
    for lock in (locks.within(tmp_path / name), locks.beside(tmp_path / name)):
        with locks.hold(lock, "it"):
            assert lock.is_file()
        assert not lock.exists()


def test_a_lock_is_freed_by_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locks.hold(tmp_path / "a.lock", "it"):
        raise ZeroDivisionError
    _without_waiting(lambda: _hold(tmp_path / "a.lock"))
    assert not list(tmp_path.iterdir())


def test_the_second_says_for_whom_it_waits_and_goes_on_as_soon_as_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding.another_process(tmp_path / "a.lock") as process:
        lines = holding.end_when_waited_for(monkeypatch, process)
        _hold(tmp_path / "a.lock")
    command = f"-c {tmp_path / 'a.lock'}"
    assert lines == [f"  waiting for process {process.pid} on {socket.gethostname()} ({command}), which writes the run"]
    assert not list(tmp_path.iterdir())


def test_a_long_command_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/niwt", "--unseen=" + 1000 * "a"])
    with locks.hold(tmp_path / "a.lock", "it"):
        assert re.search(r'"niwt --unseen=a{186}"', (tmp_path / "a.lock").read_text("utf-8"))


def test_whoever_may_not_wait_is_told_and_leaves_the_lock_alone(tmp_path: Path) -> None:
    with holding.another_process(tmp_path / "a.lock") as process:
        with pytest.raises(errors.UserError) as caught:
            _without_waiting(lambda: _hold(tmp_path / "a.lock"))
        (tmp_path / "a.lock").write_text("no record", "utf-8")
        with pytest.raises(errors.UserError, match="while another process writes there"):
            _without_waiting(lambda: _hold(tmp_path / "a.lock"))
        assert (tmp_path / "a.lock").exists() and process.poll() is None
    assert caught.value.as_flags() == (
        f"Only one process may write the run at a time. Received: --nowait, while process {process.pid} on "
        f"{socket.gethostname()} (-c {tmp_path / 'a.lock'}) writes there. Run the same command later, or leave "
        "--nowait out."
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nobody_waits_for_a_process_that_was_killed(tmp_path: Path, number: signal.Signals) -> None:
    with holding.another_process(tmp_path / "a.lock") as process:
        process.send_signal(number)
        assert process.wait() == -number
        assert (tmp_path / "a.lock").exists()
        _without_waiting(lambda: _hold(tmp_path / "a.lock"))
    assert not list(tmp_path.iterdir())


def test_ctrl_c_ends_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with holding.another_process(tmp_path / "a.lock"):
        monkeypatch.setattr(progress, "print_line", lambda text: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            _hold(tmp_path / "a.lock")
    _without_waiting(lambda: _hold(tmp_path / "a.lock"))


def test_the_thread_that_holds_a_lock_goes_on_and_another_waits(tmp_path: Path) -> None:
    order = []

    def second() -> None:
        with locks.hold(tmp_path / "a.lock", "it"):
            order.append("second")

    thread = threading.Thread(target=second)
    with locks.hold(tmp_path / "a.lock", "it"):
        _without_waiting(lambda: _hold(tmp_path / "a.lock"))
        assert (tmp_path / "a.lock").exists()
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join(60)
    assert order == ["first", "second"] and not list(tmp_path.iterdir())


def test_of_many_processes_only_one_at_a_time_is_in_the_block(tmp_path: Path) -> None:
    (tmp_path / "counter").write_text("0", "utf-8")
    command = [sys.executable, "-c", _COUNT, str(tmp_path / "a.lock"), str(tmp_path / "counter")]
    processes = [subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL) for _ in range(_PROCESSES)]
    assert [process.wait() for process in processes] == [0] * _PROCESSES
    assert int((tmp_path / "counter").read_text("utf-8")) == _PROCESSES * _TURNS
    assert [path.name for path in tmp_path.iterdir()] == ["counter"]


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_warned_about_once_and_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    monkeypatch.setattr(fcntl, "flock", _failing(number))
    for _ in range(2):
        with locks.hold(tmp_path / "a.lock", "it"):
            (tmp_path / "work").touch()
    assert capsys.readouterr().out == (
        f"  warning: the file system of {tmp_path} has no locks; let only one process at a time write there\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["work"]


def test_other_errors_of_the_system_are_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", _failing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        _hold(tmp_path / "a.lock")


def _failing(number: int) -> Callable[[int, int], None]:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    return flock
