# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the checks that the stages of a run are whole, of its settings, and of one run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import whole_run
from niwt_tf import errors, workdir
from niwt_tf.models import paths
from niwt_tf.runs import currency, run_files, run_folder, stage_table

_STAGES = (*paths.STAGES, *paths.OPTIONAL_STAGES)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of two runs."""
    folder = tmp_path_factory.mktemp("runs")
    return {name: whole_run.write(folder / name, name) for name in ("one", "another")}


@pytest.fixture
def root(runs: dict[str, Path], tmp_path: Path) -> Path:
    """Folder of a run, to be changed."""
    return shutil.copytree(runs["one"], tmp_path / "run")


def _troubles(root: Path) -> list[str]:
    return currency.troubles(root, run_files.RunFiles(root).config, _STAGES)


def _change_record(root: Path, stage: str, change: Callable[[dict[str, Any]], object]) -> None:
    path = root / stage / workdir.RECORD
    record = json.loads(path.read_text("utf-8"))
    change(record)
    path.write_text(json.dumps(record), "utf-8")


def test_a_whole_run_has_no_trouble(root: Path) -> None:
    assert _troubles(root) == []
    assert run_folder.require(str(root), paths.STAGES, "model", paths.OPTIONAL_STAGES) == root


@pytest.mark.parametrize("stage", _STAGES)
def test_a_changed_file_is_told(stage: str, root: Path) -> None:
    names = sorted(path.name for path in (root / stage).iterdir() if path.name != workdir.RECORD)
    path = root / stage / names[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert _troubles(root) == [f"{stage} has missing or changed files: {names[0]}"]


def test_a_stage_of_another_run_is_told(runs: dict[str, Path], root: Path) -> None:
    shutil.rmtree(root / "map")
    shutil.copytree(runs["another"] / "map", root / "map")
    assert "map was made from other artefacts of knowledge, rehearsal, importances" in _troubles(root)
    assert "transfer was made from other artefacts of map" in _troubles(root)


def test_stages_that_name_different_artefacts_of_an_absent_one_are_told(root: Path) -> None:
    _change_record(root, "inverse_map", lambda record: record["reads"].update(importances="0" * 64))
    shutil.rmtree(root / "importances")
    assert currency.troubles(root, run_files.RunFiles(root).config, ["map", "inverse_map"]) == [
        "inverse_map was made from other artefacts of importances"
    ]


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        (lambda record: record.update(version=record["version"] - 1), "was made by another version"),
        (lambda record: record["reads"].pop("importances"), "was made by another version"),
        (lambda record: record.update(settings="0"), "was made with other settings than those in config.json"),
        (lambda record: record.update(files={}), "has a record that names no files"),
        (lambda record: record["files"].update({"../x": ""}), "has a record that names files elsewhere: ../x"),
        (lambda record: record.pop("files"), "was made by an earlier version, or its fingerprint.json is damaged"),
    ],
)
def test_a_record_that_does_not_fit_is_told(
    change: Callable[[dict[str, Any]], object], trouble: str, root: Path
) -> None:
    _change_record(root, "map", change)
    assert _troubles(root) == [f"map {trouble}"]


def test_other_settings_than_those_of_a_stage_that_is_not_read_are_told(root: Path) -> None:
    (root / "backbone").mkdir()
    config = run_files.RunFiles(root).config
    whole_run.record(root, config)
    record = workdir.record(config)
    (root / "config.json").write_text(json.dumps(record | {"classifier_shrinkage": 0.25}), "utf-8")
    assert _troubles(root) == ["backbone was made with other settings than those in config.json"]


def test_a_file_that_niwt_did_not_write_is_told(root: Path) -> None:
    np.save(root / "transfer" / "activations.npy", np.ones((1, 6, 6, 6), np.float16))
    (root / "transfer" / "notes.txt").write_text("of mine", "utf-8")
    assert _troubles(root) == ["transfer has files that niwt did not write: activations.npy"]


def test_a_file_of_any_size_is_told_without_its_checksum(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("settings.json", "features.npy", "knowledge.npz", "forward.keras"):
        with next(root.rglob(name)).open("wb") as file:
            file.truncate(2**40)
    monkeypatch.setattr("niwt_tf.util.checksum.remembered", lambda path: pytest.fail(f"{path} was read"))
    names = {trouble.partition(": ")[2] for trouble in currency.troubles(root, run_files.RunFiles(root).config, _READ)}
    assert names == {"settings.json", "features.npy", "knowledge.npz", "forward.keras"}


_READ = ("rehearsal", "importances", "knowledge", "map")


def test_the_message_names_what_is_wrong_and_the_command(root: Path) -> None:
    (root / "transfer" / "calibration.json").write_text('{"gamma": 9}', "utf-8")
    with pytest.raises(errors.UserError) as caught:
        run_folder.require(str(root), paths.STAGES, "model")
    assert caught.value.as_flags() == (
        f"`--model` must be the folder of one run, as niwt made it. Received: --model={root}, in which transfer has "
        "missing or changed files: calibration.json. Make anew what is wrong: niwt --map_folds=2 --transfer_steps=100 "
        f"--transfer_learning_rate=0.1 --workdir={root}"
    )


def test_stages_that_are_optional_are_checked_where_they_are_done(root: Path) -> None:
    (root / "explain" / "neurons.json").write_text("[]", "utf-8")
    assert run_folder.require(str(root), paths.STAGES) == root
    with pytest.raises(errors.UserError, match="explain has missing or changed files: neurons.json"):
        run_folder.require(str(root), paths.STAGES, optional=paths.OPTIONAL_STAGES)
    shutil.rmtree(root / "explain")
    assert run_folder.require(str(root), paths.STAGES, optional=paths.OPTIONAL_STAGES) == root


def test_other_packages_are_told_in_one_line(root: Path) -> None:
    assert run_folder.package_note(root, _STAGES) == ""
    for stage in ("map", "transfer"):
        _change_record(root, stage, lambda record: record["packages"].update(keras="3.0.0"))
    now = stage_table.packages()["keras"]
    assert run_folder.package_note(root, _STAGES) == f"  made with other packages: keras 3.0.0 (now {now})"
    assert _troubles(root) == []
