# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of texts in a folder of the user's."""

from __future__ import annotations

from pathlib import Path

import pytest

from niwt_tf import errors
from niwt_tf.domains import class_texts


def _write(folder: Path, **files: str | bytes) -> str:
    for name, text in files.items():
        (folder / f"{name}.txt").write_bytes(text.encode() if isinstance(text, str) else text)
    return str(folder)


@pytest.mark.parametrize(
    "stem", ["polar bear", "polar_bear", "polar+bear", "Polar-Bear", "POLAR  BEAR", " polar_ bear", "polar_+_bear"]
)
def test_a_file_may_spell_its_class_in_many_ways(tmp_path: Path, stem: str) -> None:
    folder = _write(tmp_path, **{stem: "white", "ant": "small"})
    for name in ("polar bear", "polar+bear", "Polar_Bear"):
        assert class_texts.read("captions_dir", folder, (name, "ant")) == {name: "white", "ant": "small"}


def test_accents_may_be_composed_or_not(tmp_path: Path) -> None:
    folder = _write(tmp_path, **{"e\u0301lan": "a moose"})
    assert class_texts.read("captions_dir", folder, ["\u00c9lan"]) == {"\u00c9lan": "a moose"}


def test_files_of_other_classes_and_kinds_are_left_alone(tmp_path: Path) -> None:
    folder = _write(tmp_path, ant="small", bee=b"\xff", **{"._ant": b"\xff"})
    (tmp_path / "README.md").write_text("no class", "utf-8")
    assert class_texts.read("captions_dir", folder, ["ant"]) == {"ant": "small"}


def test_a_mark_of_byte_order_is_no_text(tmp_path: Path) -> None:
    assert class_texts.read("captions_dir", _write(tmp_path, ant=b"\xef\xbb\xbfsmall"), ["ant"]) == {"ant": "small"}


def test_missing_files_are_listed_up_to_ten_and_counted(tmp_path: Path) -> None:
    folder = _write(tmp_path, ant="small")
    with pytest.raises(errors.UserError) as caught:
        class_texts.read("captions_dir", folder, ["ant", *(f"kind {number}" for number in range(12))])
    listed = ", ".join(f"kind {number}.txt" for number in range(10))
    assert str(caught.value) == (
        f"`--captions_dir` must hold <class>.txt for every class. Received: --captions_dir={folder}, which lacks 12 of "
        f"13 files: {listed} and 2 more. Write them."
    )


def test_two_files_of_one_class_are_refused(tmp_path: Path) -> None:
    folder = _write(tmp_path, ant="small", **{"polar bear": "white", "polar_bear": "black"})
    with pytest.raises(errors.UserError) as caught:
        class_texts.read("documents_dir", folder, ["ant", "polar bear"])
    assert str(caught.value) == (
        f"`--documents_dir` must hold one file for each class. Received: --documents_dir={folder}, where these are one "
        "name but for their spelling: polar bear.txt, polar_bear.txt. Keep one."
    )
    assert class_texts.read("documents_dir", folder, ["ant"]) == {"ant": "small"}


def test_two_classes_of_one_file_are_refused(tmp_path: Path) -> None:
    folder = _write(tmp_path, ant="small", **{"polar bear": "white"})
    with pytest.raises(errors.UserError, match="one name but for their spelling: polar bear, polar-bear. Keep one."):
        class_texts.read("captions_dir", folder, ["polar bear", "ant", "polar-bear"])


def test_what_is_no_utf8_is_told_with_its_place(tmp_path: Path) -> None:
    folder = _write(tmp_path, ant="four é".encode() + b"\xe9\n")
    with pytest.raises(errors.UserError) as caught:
        class_texts.read("captions_dir", folder, ["ant"])
    assert str(caught.value) == (
        f"`--captions_dir` must hold text in UTF-8. Received: {tmp_path / 'ant.txt'}, where byte 7 is none of UTF-8's. "
        "Save the file as UTF-8."
    )


def test_a_folder_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="`--captions_dir` must be a folder .* which does not exist"):
        class_texts.read("captions_dir", str(tmp_path / "none"), ["ant"])
