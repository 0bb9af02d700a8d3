# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the jobs of a comparison, and of the runs whose stages each of them may reuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors, workdir
from niwt_tf.compare import grid as grid_lib
from niwt_tf.compare import jobs


def _run_jobs(out: Path, *reuse: Path) -> list[jobs.ComparisonJob]:
    grid = grid_lib.Grid(config_lib.RunConfig(), methods=("niwt",), domains=("attributes", "captions"))
    return jobs.run_jobs(grid, out, reuse=tuple(map(str, reuse)))


def _claim(*roots: Path) -> None:
    for root in roots:
        workdir.Workdir(root).claim(config_lib.RunConfig())


def test_the_sources_of_a_run_are_the_run_before_it_then_other_comparisons_and_runs(tmp_path: Path) -> None:
    out, compared, run = tmp_path / "out", tmp_path / "compared", tmp_path / "run"
    _claim(compared / "b", compared / "a", run)
    (compared / "notes").mkdir()
    (compared / "table.md").touch()
    first, second = _run_jobs(out, compared, run)
    assert first.spec.sources == (compared / "a", compared / "b", run)
    assert second.spec.sources == (out / "attributes-0", compared / "a", compared / "b", run)
    assert (first.waits_for, second.waits_for) == (None, "attributes-0")
    assert [job.spec.sources for job in _run_jobs(out)] == [(), (out / "attributes-0",)]


@pytest.mark.parametrize(
    ("name", "problem"), [("none", "does not exist"), ("file", "is no folder"), ("empty", "holds no run")]
)
def test_a_folder_without_runs_is_an_error_before_any_work(tmp_path: Path, name: str, problem: str) -> None:
    _claim(tmp_path / "run")
    (tmp_path / "file").touch()
    (tmp_path / "empty" / "deep").mkdir(parents=True)
    with pytest.raises(errors.UserError) as raised:
        _run_jobs(tmp_path / "out", tmp_path / "run", tmp_path / name)
    assert str(raised.value) == (
        f"`reuse` must name folders of comparisons or of runs. Received: reuse={str(tmp_path / name)!r}, which "
        f"{problem}. Name a folder that niwt_compare or niwt made, or leave reuse out."
    )
    assert not (tmp_path / "out").exists()
