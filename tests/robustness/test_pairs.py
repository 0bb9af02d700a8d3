# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Two processes at once that write the same: both end well, and leave what one alone leaves."""

from __future__ import annotations

import random

import pytest

from fakes import contents, tiny_jobs

_PAIRS = {"prepare": 16, "begin": 12, "score": 4, "compare": 2, "teach": 6, "export": 4, "bundle": 6}
_LONGEST_DELAY = 1.0  # seconds between the two
_TIMEOUT = 600  # seconds


@pytest.mark.slow
@pytest.mark.parametrize("name", _PAIRS)
def test_two_at_once_end_well_with_the_results_of_one(name: str, undisturbed: tiny_jobs.Undisturbed) -> None:
    _run_pairs(name, undisturbed, _PAIRS[name])


def test_two_that_prepare_at_once_end_well(undisturbed: tiny_jobs.Undisturbed) -> None:
    _run_pairs("prepare", undisturbed, 1)


def test_there_are_fifty_pairs() -> None:
    assert sum(_PAIRS.values()) == 50


def _run_pairs(name: str, undisturbed: tiny_jobs.Undisturbed, pairs: int) -> None:
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
        left = contents.contents(out)
        assert left.keys() == expected.keys()
        assert [name for name in left if left[name] != expected[name]] == []
