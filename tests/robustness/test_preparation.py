# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A short version of the slow tests: a preparation that is killed, and two at once."""

from __future__ import annotations

import pytest

from fakes import disturbances, tiny_jobs


@pytest.mark.slow
def test_a_killed_preparation_leaves_nothing_behind(undisturbed: tiny_jobs.Undisturbed) -> None:
    disturbances.kill("prepare", undisturbed, 1, 1, 4.0)


@pytest.mark.slow
def test_two_that_prepare_at_once_end_well(undisturbed: tiny_jobs.Undisturbed) -> None:
    disturbances.run_pairs("prepare", undisturbed, 1, 0.5)
