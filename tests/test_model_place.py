# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of where a model lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from niwt_tf import errors, model_place


def test_a_run_needs_its_stages(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", "utf-8")
    for stage in model_place.STAGES[1:]:
        (tmp_path / stage).mkdir()
    with pytest.raises(errors.UserError, match=r"^`--model` must hold the stages .*, without knowledge. Make what is"):
        model_place.require(str(tmp_path))
    (tmp_path / "knowledge").mkdir()
    assert model_place.require(str(tmp_path)) == tmp_path


def test_a_bundle_is_a_file_and_a_folder_of_its_ending_a_run(tmp_path: Path) -> None:
    (tmp_path / "a.keras").touch()
    assert model_place.require(str(tmp_path / "a.keras")) == tmp_path / "a.keras"
    (tmp_path / "b.keras").mkdir()
    with pytest.raises(errors.UserError, match="which is the folder of no run"):
        model_place.require(str(tmp_path / "b.keras"))


def test_home_is_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.keras").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert model_place.require("~/a.keras") == tmp_path / "a.keras"


@pytest.mark.parametrize("path", [None, ""])
def test_no_place_is_told(path: str | None) -> None:
    with pytest.raises(errors.UserError, match="Received none. Add --model=PATH."):
        model_place.require(path)


def test_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b.keras").mkdir()
    monkeypatch.chdir(tmp_path)
    assert model_place.name(Path("runs/aviary")) == "aviary"
    assert model_place.name(Path("more/birds.v2.keras")) == "birds.v2"
    assert model_place.name(Path("b.keras")) == "b.keras"
    assert model_place.name(Path(".")) == tmp_path.name
