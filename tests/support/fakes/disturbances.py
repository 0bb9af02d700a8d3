# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Disturbances of programs: kills at random points, and another process that does the same at once."""

from __future__ import annotations

import os
import random
import signal
from multiprocessing.context import ForkServerProcess

from fakes import contents, tiny_jobs

_SIGNALS = (*5 * [signal.SIGKILL], signal.SIGINT, signal.SIGTERM)
_ENDS = {0, 1, 130, -signal.SIGKILL, -signal.SIGTERM}  # 1 after Ctrl-C before a program begins, or what is new exists
_LONGEST_DELAY = 1.0  # seconds between the two of a pair
_TIMEOUT = 600  # seconds


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
    job, shared = tiny_jobs.JOBS[name], undisturbed.shared(name)
    while kills > 0:
        out = undisturbed.new_folder(name)
        for _ in range(min(in_a_row, kills)):
            process = job.start(out, shared)
            process.join(chosen.uniform(0, longest))
            if process.exitcode is not None:
                break
            kills -= _kill(process, chosen.choice(_SIGNALS))
        if not job.is_new or contents.contents(out) != expected:
            job.finish(out, shared)
        _assert_equal(contents.contents(out), expected)


def run_pairs(name: str, undisturbed: tiny_jobs.Undisturbed, pairs: int) -> None:
    """Run two of a job at once, `pairs` times, and check that both end well, and leave what one alone leaves."""
    chosen, expected = random.Random(name), undisturbed.contents(name)
    job, shared = tiny_jobs.JOBS[name], undisturbed.shared(name)
    for _ in range(pairs):
        out = undisturbed.new_folder(name)
        first = job.start(out, shared)
        first.join(chosen.uniform(0, _LONGEST_DELAY))
        second = job.start(out, shared)
        for process in (first, second):
            process.join(_TIMEOUT)
        log = out.with_suffix(".log").read_text("utf-8")
        # Of two that write the same new path, one is told that it exists.
        assert sorted([first.exitcode, second.exitcode]) == [0, int(job.is_new)], log
        assert log.count("because no file is overwritten") == job.is_new and "Traceback" not in log
        _assert_equal(contents.contents(out), expected)


def _kill(process: ForkServerProcess, number: signal.Signals) -> bool:
    """Send a signal; return False if the program ended before."""
    os.kill(process.pid or 0, number)
    process.join(_TIMEOUT)
    assert process.exitcode in _ENDS, process.exitcode
    return process.exitcode != 0


def _assert_equal(left: dict[str, object], expected: dict[str, object]) -> None:
    names = sorted(left.keys() | expected.keys())
    different = [name for name in names if name not in left or name not in expected or left[name] != expected[name]]
    assert not different, different
