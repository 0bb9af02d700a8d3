# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests that a folder never holds artefacts or metrics of two runs, wherever an overwriting run is cut short."""

from __future__ import annotations

import functools
import itertools
import shutil
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors, workdir
from niwt_tf.pipeline import runner, stages
from niwt_tf.runs import currency, run_files, stage_table
from niwt_tf.util import json_files

_OLD = config_lib.RunConfig()
_NEW = {
    "map": config_lib.RunConfig(map=config_lib.MapConfig(map_steps=10)),
    "seed": config_lib.RunConfig(seed=1),
}
_CHANGES = ((Path, "rename"), (Path, "replace"), (Path, "unlink"), (Path, "mkdir"), (shutil, "rmtree"))


class _Killed(BaseException):
    """Ends a process as a kill would."""


def _stage(name: str, run: Any, folder: Path) -> None:
    """Writes which settings made what is read, and what is written."""
    for read in stage_table.STAGES[name].reads:
        assert (run.workdir.path(read) / "made.json").exists()
    made = {"seed": run.config.seed, "map_steps": run.config.map.map_steps}
    json_files.write(folder / "made.json", made)
    if name in ("evaluate", "explain"):
        json_files.write(folder / "metrics.json", {f"{key} of {name}": value for key, value in made.items()})


@pytest.fixture(autouse=True)
def quick_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages that compute nothing."""
    for name in stages.FUNCTIONS:
        monkeypatch.setitem(stages.FUNCTIONS, name, functools.partial(_stage, name))
    monkeypatch.setattr(
        run_files.RunFiles, "metrics_of", lambda files, stage: json_files.read(files.folder(stage) / "metrics.json")
    )
    monkeypatch.setattr(
        runner, "_start", lambda config, folder, start: types.SimpleNamespace(config=config, workdir=folder)
    )


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folder of a whole run."""
    runner.run(_OLD, workdir.Workdir(tmp_path / "old"))
    return tmp_path / "old"


def _require_one_run(root: Path) -> None:
    """Checks that all artefacts and the metrics are whole, and of the run that config.json describes."""
    folder, config = workdir.Workdir(root), config_lib.from_record(json_files.read(root / "config.json"))
    expected = stage_table.records(config)
    done = {name: record for name in stage_table.STAGES if (record := folder.record(name))}
    assert {path.name for path in root.iterdir() if path.is_dir()} <= {*done, "partial"}
    for name, record in done.items():
        assert record.fingerprint == expected[name].fingerprint
        assert not record.damaged(folder.path(name))
        assert json_files.read(folder.path(name) / "made.json") is not None
    metrics = json_files.read(root / "metrics.json")
    if metrics is not None:
        assert done.keys() == stage_table.STAGES.keys()
        assert metrics["seed of evaluate"] == metrics["seed of explain"] == config.seed
        assert metrics["map_steps of evaluate"] == config.map.map_steps


def _kill_before(patch: pytest.MonkeyPatch, number: int) -> None:
    """Kills before the change of the disk with this number."""

    def change(original: Any, *arguments: Any, **keywords: Any) -> Any:
        if next(count) == number:
            raise _Killed
        return original(*arguments, **keywords)

    count = itertools.count()
    for owner, name in _CHANGES:
        patch.setattr(owner, name, _wrapped(change, getattr(owner, name)))


def _points(old: Path, config: config_lib.RunConfig, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, Path]]:
    """Yields folders in which a run with `config` was cut short, at each change of the disk in turn."""
    for number in range(1_000):
        root = shutil.copytree(old, old.with_name(f"cut{number}"))
        with monkeypatch.context() as patch:
            _kill_before(patch, number)
            try:
                runner.run(config, workdir.Workdir(root), overwrite=True)
            except _Killed:
                pass
            else:
                return
        yield number, root


@pytest.mark.slow
@pytest.mark.parametrize("change", ["map", "seed"])
def test_wherever_it_is_cut_short_all_is_of_one_run_and_it_goes_on(
    change: str, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _NEW[change]
    points = []
    for number, root in _points(old, config, monkeypatch):
        points.append(number)
        _require_one_run(root)
        runner.run(config, workdir.Workdir(root), overwrite=True)
        _require_one_run(root)
        assert json_files.read(root / "metrics.json")["map_steps of evaluate"] == config.map.map_steps
        assert not list((root / "partial").iterdir())
        shutil.rmtree(root)
    assert len(points) > 20


def test_a_folder_of_two_runs_is_noticed(old: Path) -> None:
    other = old.with_name("other")
    runner.run(_NEW["map"], workdir.Workdir(other))
    shutil.rmtree(old / "evaluate")
    shutil.copytree(other / "evaluate", old / "evaluate")
    with pytest.raises(AssertionError):
        _require_one_run(old)


def test_metrics_are_gone_before_any_artefact_is_and_written_after_all(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[tuple[bool, int]] = []  # whether there are metrics, and how many stages are done, before each change

    def note(original: Any, *arguments: Any, **keywords: Any) -> Any:
        done = sum((old / name).exists() for name in stage_table.STAGES)
        noted.append(((old / "metrics.json").exists(), done))
        return original(*arguments, **keywords)

    for owner, name in _CHANGES:
        monkeypatch.setattr(owner, name, _wrapped(note, getattr(owner, name)))
    runner.run(_NEW["map"], workdir.Workdir(old), overwrite=True)
    assert all(done == len(stage_table.STAGES) for has_metrics, done in noted if has_metrics)
    assert min(done for _, done in noted) < len(stage_table.STAGES)


def _wrapped(note: Any, original: Any) -> Any:
    return lambda *arguments, **keywords: note(original, *arguments, **keywords)


def test_stages_with_stale_inputs_are_refused_and_nothing_is_removed(old: Path) -> None:
    before = {path: path.read_bytes() for path in old.rglob("*") if path.is_file()}
    with pytest.raises(errors.UserError, match=r"stages=\('evaluate',\), without rehearsal, map, transfer\."):
        runner.run(_NEW["map"], workdir.Workdir(old), ["evaluate"], overwrite=True)
    assert {path: path.read_bytes() for path in old.rglob("*") if path.is_file()} == before


def test_stages_of_a_run_remove_what_is_stale_of_others_too(old: Path) -> None:
    chosen = ["rehearsal", "map"]
    assert runner.run(_NEW["map"], workdir.Workdir(old), chosen, overwrite=True) is None
    _require_one_run(old)
    assert not (old / "metrics.json").exists() and not (old / "evaluate").exists()
    assert (old / "backbone").exists()


def test_a_damaged_artefact_is_made_anew_and_what_is_not_is_kept(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (old / "evaluate" / "made.json").write_text('{"seed": 7}')
    runner.run(_OLD, workdir.Workdir(old))
    assert json_files.read(old / "evaluate" / "made.json")["seed"] == 0
    assert capsys.readouterr().out.count("done before") == len(stage_table.STAGES) - 1


def test_a_new_run_refused_in_any_stage_leaves_a_folder_that_takes_the_corrected_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(run: Any, folder: Path) -> None:
        raise errors.UserError("wrong")

    folder = workdir.Workdir(tmp_path / "run")
    for name in ("data", "knowledge", "backbone"):
        with monkeypatch.context() as patch:
            patch.setitem(stages.FUNCTIONS, name, refused)
            with pytest.raises(errors.UserError, match="wrong"):
                runner.run(_OLD, folder)
        copy = workdir.Workdir(shutil.copytree(folder.root, tmp_path / name))
        corrected = config_lib.RunConfig(seed=1, data=config_lib.DataConfig(aviary_seed=5))
        assert runner.run(corrected, copy, ["data", "knowledge"]) is None
        _require_one_run(copy.root)


def test_a_refused_stage_of_a_run_that_was_there_before_leaves_its_settings(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(run: Any, folder: Path) -> None:
        raise errors.UserError("wrong")

    shutil.rmtree(old / "report")
    monkeypatch.setitem(stages.FUNCTIONS, "report", refused)
    with pytest.raises(errors.UserError, match="wrong"):
        runner.run(_OLD, workdir.Workdir(old))
    _require_one_run(old)
    with pytest.raises(errors.UserError, match="seed: 0 there, 1 now"):
        runner.run(_NEW["seed"], workdir.Workdir(old))


def test_a_run_refused_before_its_first_stage_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise errors.UserError("wrong")

    monkeypatch.setattr(runner, "_start", refused)
    with pytest.raises(errors.UserError, match="wrong"):
        runner.run(_OLD, workdir.Workdir(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_other_packages_are_told_with_the_stage_and_for_the_run(
    old: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert currency.package_changes(old, [*stage_table.STAGES]) == []
    now = dict(stage_table.packages())
    newer = now | {"numpy": "99.1"}
    monkeypatch.setattr(stage_table, "packages", lambda: newer)
    runner.run(_OLD, workdir.Workdir(old))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"[1/13] data: done before, with numpy {now['numpy']} (now 99.1)"
    assert len(lines) == len(stage_table.STAGES)
    assert currency.package_changes(old, [*stage_table.STAGES]) == [f"numpy {now['numpy']} (now 99.1)"]
