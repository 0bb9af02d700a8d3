# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Programs that are killed at random points: the same command ends as if nothing had happened, and leaves no more."""

from __future__ import annotations

import os
import random
import signal
from multiprocessing.context import ForkServerProcess

import pytest

from fakes import tiny_jobs

# Job -> number of kills, number in a row before it may end, and the longest time until one, in seconds.
_KILLS = {
    "prepare": (20, 2, 4.0),
    "score": (34, 9, 12.0),
    "run": (6, 6, 40.0),
    "compare": (10, 5, 30.0),
    "teach": (15, 3, 5.0),
    "export": (10, 3, 10.0),
    "bundle": (5, 3, 6.0),
}
_SIGNALS = (*5 * [signal.SIGKILL], signal.SIGINT, signal.SIGTERM)
_ENDS = {-signal.SIGKILL, -signal.SIGTERM, 130}
_TIMEOUT = 60  # seconds


@pytest.mark.slow
@pytest.mark.parametrize("name", _KILLS)
def test_killed_programs_resume_and_leave_nothing_behind(name: str, undisturbed: tiny_jobs.Undisturbed) -> None:
    _disturb(name, undisturbed, *_KILLS[name])


def test_a_killed_preparation_leaves_nothing_behind(undisturbed: tiny_jobs.Undisturbed) -> None:
    _disturb("prepare", undisturbed, 2, 2, 4.0)


def test_there_are_a_hundred_kills() -> None:
    assert sum(kills for kills, _, _ in _KILLS.values()) == 100


def _disturb(name: str, undisturbed: tiny_jobs.Undisturbed, kills: int, in_a_row: int, longest: float) -> None:
    """Kill a job at random points until there were `kills`, and let it end after every `in_a_row`."""
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
        if process.exitcode != 0 or not job.is_new:
            _assert_equal(job.finish(out, shared), expected)


def _kill(process: ForkServerProcess, number: signal.Signals) -> bool:
    """Send a signal; return False if the program ended before."""
    os.kill(process.pid or 0, number)
    process.join(_TIMEOUT)
    assert process.exitcode in {0, *_ENDS}
    return process.exitcode != 0


def _assert_equal(left: dict[str, object], expected: dict[str, object]) -> None:
    assert left.keys() == expected.keys()
    assert [name for name in left if left[name] != expected[name]] == []
