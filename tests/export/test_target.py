# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of where an export goes: new, whole or not at all."""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path

import pytest

from fakes import holding
from niwt_tf import errors
from niwt_tf.export import target
from niwt_tf.util import locks


@pytest.mark.parametrize(
    ("format", "path"),
    [
        ("savedmodel", "exported/mine/1"),
        ("litert", "exported/mine-litert"),
        ("tflite", "exported/mine-tflite"),
        ("onnx", "exported/mine-onnx"),
        ("openvino", "exported/mine-openvino"),
        ("keras", "exported/mine.keras"),
        ("classes", "exported/mine/classes.npz"),
    ],
)
def test_defaults_differ_by_format(format: str, path: str) -> None:
    assert target.default("mine", format) == Path(path)


def test_a_former_name_is_taken_for_the_present_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    for format, name in (("tflite", "litert"), *((one, one) for one in target.FORMATS)):
        assert target.require_format(format) == name


@pytest.mark.parametrize(
    ("format", "message"),
    [
        ("tflite", "format='tflite', without ai_edge_litert in this environment. Run pip install 'niwt_tf[litert]'"),
        (
            "onnx",
            "format='onnx', without tf2onnx, onnx, onnxruntime in this environment. Run pip install 'niwt_tf[onnx]'",
        ),
        ("openvino", "format='openvino', without openvino in this environment. Run pip install 'niwt_tf[openvino]'"),
    ],
)
def test_a_missing_package_is_an_error_that_names_the_extra(
    format: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(errors.UserError) as raised:
        target.require_format(format)
    assert str(raised.value) == f"`format` must be one whose converter and runtime are installed. Received: {message}"
    assert target.require_format("savedmodel") == "savedmodel"


def test_extras_have_the_formats_names() -> None:
    page = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    for name in target._IMPORTED:
        assert re.search(rf"^{name} = \[", page, re.MULTILINE), name


def test_a_new_or_an_empty_folder_is_valid(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new", "new/1"):
        target.require_new(tmp_path / name, "savedmodel")
    target.require_new(tmp_path / "new" / "one.keras", "keras")
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_folder_that_is_not_empty_is_an_error_that_names_the_next_version(tmp_path: Path) -> None:
    for name in ("1", "7", "old"):
        (tmp_path / name).mkdir()
    (tmp_path / "1" / "saved_model.pb").write_text("mine", "utf-8")
    with pytest.raises(errors.UserError) as raised:
        target.require_new(tmp_path / "1", "savedmodel")
    assert str(raised.value) == (
        f"`out` must be a new or empty folder, because no file is overwritten. Received: out='{tmp_path}/1', which "
        f"holds saved_model.pb. Choose another, such as out='{tmp_path}/8'"
    )


def test_a_name_that_is_not_a_number_gets_one(tmp_path: Path) -> None:
    for name in ("mine-tflite", "mine-tflite-2"):
        (tmp_path / name).touch()
    with pytest.raises(errors.UserError, match=r"which exists. Choose another, such as out='.*/mine-tflite-3'$"):
        target.require_new(tmp_path / "mine-tflite", "tflite")


def test_a_bundle_is_a_new_file(tmp_path: Path) -> None:
    (tmp_path / "mine.keras").touch()
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(errors.UserError, match=r"must be a new file, .*, which exists. .* out='.*/mine-2.keras'$"):
        target.require_new(tmp_path / "mine.keras", "keras")
    with pytest.raises(errors.UserError, match="must be a new file"):
        target.require_new(tmp_path / "folder.keras", "keras")
    with pytest.raises(errors.UserError, match=r"`out` must end in .keras for format='keras'. Received: out='mine'."):
        target.require_new(Path("mine"), "keras")


def test_classes_go_into_a_new_file_or_beside_versions(tmp_path: Path) -> None:
    for name in ("2", "10", "old"):
        (tmp_path / name / "assets").mkdir(parents=True)
        for file in ("saved_model.pb", "assets/classes.npz"):
            (tmp_path / name / file).touch()
    assert target.newest_version(tmp_path) == tmp_path / "10" and target.next_version(tmp_path) == tmp_path / "11"
    for out in (tmp_path, tmp_path / "new.npz"):
        target.require_classes_only(out, "savedmodel")
    (tmp_path / "new.npz").touch()
    with pytest.raises(errors.UserError, match=r"must be a new file, .* which exists. .* out='.*/new-2.npz'$"):
        target.require_classes_only(tmp_path / "new.npz", "savedmodel")
    with pytest.raises(
        errors.UserError, match="`classes_only` must come with format='savedmodel', .* Received: format"
    ):
        target.require_classes_only(tmp_path, "onnx")


@pytest.mark.parametrize("name", ["missing", "empty", "file"])
def test_what_holds_no_version_takes_in_no_classes(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty" / "old").mkdir(parents=True)
    (tmp_path / "file").touch()
    with pytest.raises(errors.UserError, match=f"folder of versions .* out='.*/{name}', which holds no version. "):
        target.require_classes_only(tmp_path / name, "savedmodel")


def test_on_the_command_line_settings_are_flags(tmp_path: Path) -> None:
    (tmp_path / "mine.keras").touch()
    with pytest.raises(errors.UserError) as raised:
        target.require_new(tmp_path / "mine.keras", "keras")
    assert raised.value.as_flags() == (
        f"`--out` must be a new file, because no file is overwritten. Received: --out={tmp_path}/mine.keras, which "
        f"exists. Choose another, such as --out={tmp_path}/mine-2.keras"
    )


def test_a_path_under_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        errors.UserError, match="must be a path that can be written. Received: out='.*/file/1', where .*/file is not a"
    ):
        target.require_new(tmp_path / "file" / "1", "savedmodel")


@pytest.mark.parametrize("is_there", [False, True])
def test_an_export_appears_when_it_is_complete(tmp_path: Path, is_there: bool) -> None:
    out = tmp_path / "mine" / "1"
    if is_there:
        out.mkdir(parents=True)
    with target.writing(out) as folder:
        (folder / "part").touch()
        assert not (out / "part").exists()
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        "mine",
        "mine/1",
        "mine/1/part",
    ]


def test_the_current_folder_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with target.writing(Path(".")) as folder:
        (folder / "part").touch()
    assert os.listdir(tmp_path / "here") == ["part"]
    monkeypatch.chdir(tmp_path)


def test_nothing_is_left_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), target.writing(tmp_path / "1") as folder:
        (folder / "part").touch()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_files_written_in_the_meantime_stay(tmp_path: Path) -> None:
    with pytest.raises(OSError), target.writing(tmp_path / "1") as folder:
        (folder / "part").touch()
        (tmp_path / "1").mkdir()
        (tmp_path / "1" / "theirs").touch()
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["1", "1/theirs"]


def test_the_second_of_two_is_told_that_the_first_has_written_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write() -> None:
        (tmp_path / "1").mkdir()
        (tmp_path / "1" / "theirs").touch()

    with holding.another_process(locks.beside(tmp_path / "1")) as process:
        lines = holding.end_when_waited_for(monkeypatch, process, write)
        with pytest.raises(errors.UserError, match="which holds theirs. Choose another, such as out='.*/2'"):
            with target.writing(tmp_path / "1"):
                raise AssertionError("the second writes, too")
    assert len(lines) == 1 and lines[0].endswith(f", which writes {tmp_path / '1'}")
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_what_a_killed_export_left_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".1.part" / "variables").mkdir(parents=True)
    locks.beside(tmp_path / "1").touch()
    with target.writing(tmp_path / "1") as folder:
        assert not any(folder.iterdir())
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_no_name_beside_an_export_looks_like_a_version_while_it_is_written(tmp_path: Path) -> None:
    with target.writing(tmp_path / "1"):
        assert {path.name for path in tmp_path.iterdir()} == {".1.part", ".1.lock"}
