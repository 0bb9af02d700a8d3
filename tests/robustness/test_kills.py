# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Programs that are killed at random points: the same command ends as if nothing had happened, and leaves no more."""

from __future__ import annotations

import pytest

from fakes import disturbances, tiny_jobs

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


@pytest.mark.slow
@pytest.mark.parametrize("name", _KILLS)
def test_killed_programs_resume_and_leave_nothing_behind(name: str, undisturbed: tiny_jobs.Undisturbed) -> None:
    disturbances.kill(name, undisturbed, *_KILLS[name])


def test_there_are_a_hundred_kills() -> None:
    assert sum(kills for kills, _, _ in _KILLS.values()) == 100
