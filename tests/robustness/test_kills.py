# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Programs that are killed at random points: the same command ends as if nothing had happened, and leaves no more."""

from __future__ import annotations

import pytest

from fakes import disturbances, tiny_jobs

# Job -> number of kills, number in a row before it may end, and the longest time until one, in seconds.
_KILLS = {
    "prepare": (20, 2, 4.0),
    "compare": (10, 10, 12.0),
    "teach": (15, 3, 2.5),
    "export": (10, 3, 6.0),
    "bundle": (6, 3, 2.5),
}
_RUNS = 3  # each is killed once in each stage


@pytest.mark.slow
@pytest.mark.parametrize("name", _KILLS)
def test_killed_programs_resume_and_leave_nothing_behind(name: str, undisturbed: tiny_jobs.Undisturbed) -> None:
    disturbances.kill(name, undisturbed, *_KILLS[name])


@pytest.mark.slow
def test_a_run_killed_in_every_stage_resumes_and_leaves_nothing_behind(undisturbed: tiny_jobs.Undisturbed) -> None:
    disturbances.kill_in_stages("run", undisturbed, tiny_jobs.STAGES, _RUNS)


def test_there_are_a_hundred_kills() -> None:
    assert sum(kills for kills, _, _ in _KILLS.values()) + _RUNS * len(tiny_jobs.STAGES) == 100
