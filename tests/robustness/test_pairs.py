# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Two processes at once that write the same: both end well, and leave what one alone leaves."""

from __future__ import annotations

import pytest

from fakes import disturbances, tiny_jobs

# Job -> number of pairs, and the longest time between the starts of two that race, in seconds.
_PAIRS = {
    "prepare": (16, 1.0),
    "begin": (12, 0.3),
    "score": (3, 5.0),
    "run": (1, 5.0),
    "compare": (2, 5.0),
    "teach": (6, 0.2),
    "export": (4, 0.5),
    "bundle": (6, 0.2),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", _PAIRS)
def test_two_at_once_end_well_with_the_results_of_one(name: str, undisturbed: tiny_jobs.Undisturbed) -> None:
    disturbances.run_pairs(name, undisturbed, *_PAIRS[name])


def test_there_are_fifty_pairs() -> None:
    assert sum(pairs for pairs, _ in _PAIRS.values()) == 50
