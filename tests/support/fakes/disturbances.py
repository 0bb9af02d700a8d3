# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Disturbances of programs: kills at random points, and another process that does the same at once."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import time
from collections.abc import Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from fakes import contents, tiny_jobs

_SIGNALS = (*5 * [signal.SIGKILL], signal.SIGINT, signal.SIGTERM)
_SIGNALLED = {signal.SIGKILL: -signal.SIGKILL, signal.SIGINT: 130, signal.SIGTERM: -signal.SIGTERM}  # exit statuses
_TIMEOUT, _PAUSE = 600, 0.005  # seconds
_WAITING = "waiting for process"


def kill(name: str, undisturbed: tiny_jobs.Undisturbed, kills: int, in_a_row: int, longest: float) -> None:
    """Kill a job at random points, and check that the same command ends as if nothing had happened, and leaves no more.

    Args:
      name: Name of the job.
      undisturbed: What the jobs leave undisturbed.
      kills: Number of kills in all.
      in_a_row: Number of kills before the job may end.
      longest: Longest time from the start of the job to a kill, in seconds.
    """
    chosen, expected = random.Random(name), undisturbed.contents(name)
    while kills > 0:
        out = undisturbed.new_folder(name)
        for _ in range(min(in_a_row, kills)):
            process = tiny_jobs.JOBS[name].start(out, undisturbed.shared(name))
            process.join(chosen.uniform(0, longest))
            kills -= _kill(process, chosen.choice(_SIGNALS), out)
            if contents.contents(out) == expected:
                break
        _finish(name, undisturbed, out)


def kill_in_stages(name: str, undisturbed: tiny_jobs.Undisturbed, stages: Sequence[str], times: int) -> None:
    """Kill a job of `niwt` at a random point in each stage, and resume it each time; then check as `kill` does.

    Args:
      name: Name of the job.
      undisturbed: What the jobs leave undisturbed.
      stages: Names of the stages, in order.
      times: Number of times that all of this is done.
    """
    chosen, seconds = random.Random(name), undisturbed.seconds(name)
    for _ in range(times):
        out = undisturbed.new_folder(name)
        for stage in stages:
            latest, is_killed = seconds[stage], False
            while not is_killed:
                shutil.rmtree(out / stage, ignore_errors=True)  # if a kill before came too late for it
                process = _start_until(f"] {stage}: ", name, undisturbed, out)
                process.join(chosen.uniform(0, latest))
                is_killed, latest = _kill(process, chosen.choice(_SIGNALS), out), latest / 2
        _finish(name, undisturbed, out)


def run_pairs(name: str, undisturbed: tiny_jobs.Undisturbed, pairs: int, longest: float) -> None:
    """Run two of a job at once, and check that both end well, and leave what one alone leaves.

    In every other pair, beginning with the first, the first process stands still while it writes until the second waits
    for it; in all others the two race.

    Args:
      name: Name of the job.
      undisturbed: What the jobs leave undisturbed.
      pairs: Number of pairs.
      longest: Longest time between the starts of two that race, in seconds.
    """
    chosen, expected, waited = random.Random(name), undisturbed.contents(name), 0
    job, shared = tiny_jobs.JOBS[name], undisturbed.shared(name)
    for number in range(pairs):
        out = undisturbed.new_folder(name)
        first = job.start(out, shared)
        if number % 2:
            first.join(chosen.uniform(0, longest))
            second = job.start(out, shared)
        else:
            _stop_where_it_writes(first, out)
            second = job.start(out, shared)
            while second.exitcode is None and _WAITING not in _log(out):
                time.sleep(_PAUSE)
            os.kill(first.pid or 0, signal.SIGCONT)
        for process in (first, second):
            process.join(_TIMEOUT)
        log = _log(out)
        # Of two that write the same new path, one is told that it exists.
        assert sorted([first.exitcode, second.exitcode]) == [0, int(job.is_new)], log
        assert log.count("because no file is overwritten") == job.is_new and "Traceback" not in log
        _assert_equal(contents.contents(out), expected)
        waited += _WAITING in log
    print(f"{name}: {pairs} pairs, of which in {waited} one waited for the other")
    assert waited >= pairs / 2


def _stop_where_it_writes(process: ForkServerProcess, out: Path) -> None:
    """Wait until a process holds a lock in a folder, and let it stand still there."""
    while not any(map(_is_held, out.rglob("*.lock"))):
        assert process.exitcode is None, _log(out)
        time.sleep(_PAUSE)
    os.kill(process.pid or 0, signal.SIGSTOP)


def _is_held(lock: Path) -> bool:
    """Check whether a process holds a lock, and has written its name into it."""
    with contextlib.suppress(FileNotFoundError):
        return lock.stat().st_size > 0
    return False


def _start_until(line: str, name: str, undisturbed: tiny_jobs.Undisturbed, out: Path) -> ForkServerProcess:
    """Start a job, and wait until it has printed a line."""
    before = len(_log(out))
    process = tiny_jobs.JOBS[name].start(out, undisturbed.shared(name))
    while line not in _log(out)[before:]:
        assert process.exitcode is None, _log(out)
        time.sleep(_PAUSE)
    return process


def _kill(process: ForkServerProcess, number: signal.Signals, out: Path) -> bool:
    """Send a signal, and check the exit status; return False if the program ended before."""
    if process.exitcode is None:
        os.kill(process.pid or 0, number)
        process.join(_TIMEOUT)
    assert process.exitcode in (0, _SIGNALLED[number]), (number, process.exitcode, _log(out))
    log = _log(out)
    assert "Traceback" not in log and (process.exitcode != 130 or log.splitlines()[-1].startswith("Interrupted.")), log
    return process.exitcode != 0


def _finish(name: str, undisturbed: tiny_jobs.Undisturbed, out: Path) -> None:
    """Run a job to its end, unless it is done and refuses to write anew; check what it leaves."""
    job, expected = tiny_jobs.JOBS[name], undisturbed.contents(name)
    if not (job.is_new and contents.contents(out) == expected):
        job.finish(out, undisturbed.shared(name))
    _assert_equal(contents.contents(out), expected)


def _log(out: Path) -> str:
    path = out.with_suffix(".log")
    return path.read_text("utf-8") if path.exists() else ""


def _assert_equal(left: dict[str, object], expected: dict[str, object]) -> None:
    names = sorted(left.keys() | expected.keys())
    different = [name for name in names if name not in left or name not in expected or left[name] != expected[name]]
    assert not different, different
