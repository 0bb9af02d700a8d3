# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of where models lie and go."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from fakes import whole_run
from niwt_tf import errors
from niwt_tf.models import paths

_GOLDEN = Path(__file__).parents[1] / "golden" / "attributes-3.keras"


@pytest.mark.parametrize(
    ("model", "added", "removed", "expected"),
    [
        ("runs/aviary-attributes", ["zebra"], [], "runs/aviary-attributes+zebra.keras"),
        ("zoo.keras", ["zebra"], [], "zoo+zebra.keras"),
        ("a/zoo+zebra.keras", ["okapi"], [], "a/zoo+zebra+okapi.keras"),
        ("zoo.keras", ["zebra", "okapi", "gnu"], [], "zoo+zebra+okapi+gnu.keras"),
        ("zoo.keras", ["zebra", "okapi", "gnu", "yak"], [], "zoo+4-classes.keras"),
        ("zoo.keras", [], ["zebra"], "zoo-zebra.keras"),
        ("zoo.keras", ["okapi"], ["zebra", "gnu"], "zoo-zebra-gnu+okapi.keras"),
        ("runs/v1.2", ["zebra"], [], "runs/v1.2+zebra.keras"),
        ("runs/7/", ["Grévy's zebra / 2"], [], "runs/7+grévy_s_zebra_2.keras"),
        ("zoo.keras", ["../../etc/passwd"], [], "zoo+etc_passwd.keras"),
        ("zoo.keras", ["?"], [], "zoo+class.keras"),
        ("zoo.keras", ["x" * 300], [], f"zoo+{'x' * 24}.keras"),
    ],
)
def test_new_models_lie_beside_the_old(model: str, added: list[str], removed: list[str], expected: str) -> None:
    assert paths.beside(Path(model), added, removed) == Path(expected)


def test_the_current_folder_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert paths.beside(Path(), ["zebra"]) == tmp_path.with_name(f"{tmp_path.name}+zebra.keras")


def test_models_are_bundles_or_folders_of_runs(tmp_path: Path) -> None:
    root = whole_run.write(tmp_path / "run.keras")
    assert paths.require(str(root)) == root
    assert paths.require(str(_GOLDEN)) == _GOLDEN
    shutil.rmtree(root / "knowledge")
    with pytest.raises(errors.UserError, match=r"^`model` must hold the stages .*, without knowledge. Make what is"):
        paths.require(str(root))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (None, "`model` must be the folder of a run, or a .keras bundle. Received none. Add model='PATH'."),
        ("", "`model` must be the folder of a run, or a .keras bundle. Received none. Add model='PATH'."),
        ("none.keras", "a .keras bundle. Received: model='none.keras', which does not exist. Name a"),
        ("none", "`model` must be the folder of a run. Received: model='none', which does not exist."),
    ],
)
def test_a_path_without_a_model_is_an_error(
    model: str | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.UserError, match=re.escape(message)):
        paths.require(model)


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    assert paths.require_new(tmp_path / "new.keras") == tmp_path / "new.keras"
    (tmp_path / "old.keras").touch()
    with pytest.raises(errors.UserError) as caught:
        paths.require_new(tmp_path / "old.keras")
    assert str(caught.value) == (
        f"`out` must be a new file, because no file is overwritten. Received: out='{tmp_path}/old.keras', which "
        "exists. Choose another out, or remove the file."
    )
    with pytest.raises(errors.UserError, match=re.escape("`out` must end in .keras. Received: out='zoo.h5'.")):
        paths.require_new(Path("zoo.h5"))


def test_the_home_folder_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.keras").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert paths.require("~/a.keras") == tmp_path / "a.keras"


def test_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b.keras").mkdir()
    monkeypatch.chdir(tmp_path)
    assert paths.name(Path("runs/aviary")) == "aviary"
    assert paths.name(Path("more/birds.v2.keras")) == "birds.v2"
    assert paths.name(Path("b.keras")) == "b.keras"
    assert paths.name(Path(".")) == tmp_path.name
