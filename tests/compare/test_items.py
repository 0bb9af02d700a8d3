# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the parts of a comparison, and of which runs each of them may take stages of."""

from __future__ import annotations

from pathlib import Path

import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors, workdir
from niwt_tf.compare import axes, items


def _of_runs(out: Path, *reuse: Path) -> list[items.Item]:
    compared = axes.Axes(config_lib.RunConfig(), methods=("niwt",), domains=("attributes", "captions"))
    return items.of_runs(compared, out, reuse=tuple(map(str, reuse)))


def _claim(*roots: Path) -> None:
    for root in roots:
        workdir.Workdir(root).claim(config_lib.RunConfig())


def test_a_run_takes_stages_of_the_one_before_it_and_then_of_other_comparisons_and_runs(tmp_path: Path) -> None:
    out, compared, run = tmp_path / "out", tmp_path / "compared", tmp_path / "run"
    _claim(compared / "b", compared / "a", run)
    (compared / "notes").mkdir()
    (compared / "table.md").touch()
    first, second = _of_runs(out, compared, run)
    assert first.job.sources == (compared / "a", compared / "b", run)
    assert second.job.sources == (out / "attributes-0", compared / "a", compared / "b", run)
    assert (first.after, second.after) == (None, "attributes-0")
    assert [item.job.sources for item in _of_runs(out)] == [(), (out / "attributes-0",)]


@pytest.mark.parametrize(
    ("name", "trouble"), [("none", "does not exist"), ("file", "is no folder"), ("empty", "holds no run")]
)
def test_a_folder_without_runs_is_told_before_any_work(tmp_path: Path, name: str, trouble: str) -> None:
    _claim(tmp_path / "run")
    (tmp_path / "file").touch()
    (tmp_path / "empty" / "deep").mkdir(parents=True)
    with pytest.raises(errors.UserError) as raised:
        _of_runs(tmp_path / "out", tmp_path / "run", tmp_path / name)
    assert str(raised.value) == (
        f"`--reuse` must name folders of comparisons or of runs. Received: --reuse={tmp_path / name}, which {trouble}. "
        "Name an --out of niwt_compare or a --workdir of niwt, or leave --reuse out."
    )
    assert not (tmp_path / "out").exists()
