# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Malformed inputs of every kind: each is told, or does no harm; see `harness`."""

from __future__ import annotations

from pathlib import Path

import pytest

from malformed import harness, kinds

_FAST_SEED, _SLOW_SEED = 19, 20_261_130


def _cases(which: int, seed: int) -> list[harness.Case]:
    return harness.generate({kind: numbers[which] for kind, numbers in kinds.COUNTS.items()}, seed)


def _require_none(outcomes: list[harness.Outcome]) -> None:
    print(harness.summarize(outcomes))
    faults = [str(outcome) for outcome in outcomes if outcome.verdict in harness.FAULTS]
    assert not faults, f"{len(faults)} of {len(outcomes):,}:\n\n" + "\n\n".join(faults)


@pytest.mark.slow
def test_some_inputs_of_every_kind(tmp_path: Path) -> None:
    cases = _cases(1, _FAST_SEED)
    assert len(cases) >= 300
    _require_none(harness.run(cases, 1, tmp_path))


@pytest.mark.slow
def test_thousands_of_inputs(tmp_path: Path) -> None:
    cases = _cases(0, _SLOW_SEED)
    assert len(cases) >= 5_000
    _require_none(harness.run(cases, 2, tmp_path))
