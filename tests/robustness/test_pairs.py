# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Two processes at once that write the same: both end well, and leave what one alone leaves."""

from __future__ import annotations

import pytest

from fakes import disturbances, tiny_jobs

_PAIRS = {"prepare": 16, "begin": 12, "score": 4, "compare": 2, "teach": 6, "export": 4, "bundle": 6}


@pytest.mark.slow
@pytest.mark.parametrize("name", _PAIRS)
def test_two_at_once_end_well_with_the_results_of_one(name: str, undisturbed: tiny_jobs.Undisturbed) -> None:
    disturbances.run_pairs(name, undisturbed, _PAIRS[name])


def test_there_are_fifty_pairs() -> None:
    assert sum(_PAIRS.values()) == 50
