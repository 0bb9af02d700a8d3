# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of tests that disturb programs."""

from __future__ import annotations

import pytest

from fakes import tiny_jobs


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tiny_jobs.Undisturbed:
    """What the jobs leave if nothing disturbs them."""
    return tiny_jobs.Undisturbed(tmp_path_factory.mktemp("robustness"))
