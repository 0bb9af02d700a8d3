# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of texts of classes in a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from niwt_tf import errors
from niwt_tf.data import class_texts

_Reader = Callable[..., dict[str, list[str]]]


def _write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


@pytest.mark.parametrize(
    "stem", ["polar bear", "polar_bear", "polar+bear", "Polar-Bear", "POLAR  BEAR", " polar_ bear", "polar_+_bear"]
)
@pytest.mark.parametrize("read", [class_texts.captions, class_texts.documents])
def test_a_file_may_spell_its_class_in_many_ways(tmp_path: Path, stem: str, read: _Reader) -> None:
    _write(tmp_path, {f"{stem}.txt": "white", "ant.txt": "small"})
    for name in ("polar bear", "polar+bear", "Polar_Bear"):
        assert read(tmp_path, (name, "ant"), "a test") == {name: ["white"], "ant": ["small"]}


def test_accents_may_be_composed_or_not(tmp_path: Path) -> None:
    _write(tmp_path, {"e\u0301lan.txt": "a moose"})
    assert class_texts.documents(tmp_path, ["\u00c9lan"], "a test") == {"\u00c9lan": ["a moose"]}


def test_a_caption_is_a_line_and_a_document_a_file(tmp_path: Path) -> None:
    _write(tmp_path, {"ant.txt": b"\xef\xbb\xbf  one\r\n\n two \n", "bee.txt": "three"})
    assert class_texts.captions(tmp_path, ["ant", "bee"], "a test") == {"ant": ["one", "two"], "bee": ["three"]}
    assert class_texts.documents(tmp_path, ["ant"], "a test") == {"ant": ["  one\r\n\n two \n"]}


def test_captions_of_images_are_those_that_may_be_read(tmp_path: Path) -> None:
    _write(tmp_path, {"ant/1.txt": "a\nb", "ant/2.txt": "c", "ant/3.txt": "d", "bee/1.txt": "e", "bee/2.txt": "f"})
    sentences = class_texts.captions(tmp_path, ["ant", "bee"], "a test", {"ant": {"1", "3", "4"}.intersection})
    assert sentences == {"ant": ["a", "b", "d"], "bee": ["e", "f"]}


def test_captions_of_images_are_not_read_where_nothing_says_which_may_be(tmp_path: Path) -> None:
    # Those of test images of a seen class may not.
    _write(tmp_path, {"ant/1.txt": "a", "bee.txt": "b", "cat.txt": "c", "cat/1.txt": "d"})
    assert class_texts.captions(tmp_path, ["bee", "cat"], "captions_dir") == {"bee": ["b"], "cat": ["c"]}
    with pytest.raises(
        errors.UserError, match="for captions_dir. Received: no match for ant. Unmatched names there: bee, cat."
    ):
        class_texts.captions(tmp_path, ["ant"], "captions_dir")


def test_files_of_other_classes_and_kinds_are_left_alone(tmp_path: Path) -> None:
    _write(tmp_path, {"ant.txt": "small", "bee.txt": b"\xff", "._ant.txt": b"\xff", "README.md": "no class"})
    assert class_texts.captions(tmp_path, ["ant"], "a test") == {"ant": ["small"]}
    assert class_texts.documents(tmp_path, ["ant"], "a test") == {"ant": ["small"]}


@pytest.mark.parametrize("read", [class_texts.captions, class_texts.documents])
def test_missing_files_are_listed_with_unmatched_ones(tmp_path: Path, read: _Reader) -> None:
    _write(tmp_path, {"ant.txt": "small", "kinds 3.txt": "a misspelt one"})
    with pytest.raises(errors.UserError) as caught:
        read(tmp_path, ["ant", "kind 3", "kind 4"], "captions_dir")
    assert str(caught.value) == (
        f"Every class must have its name in {tmp_path}, for captions_dir. Received: no match for kind 3, kind 4. Did "
        "you mean 'kinds 3' for 'kind 3', 'kinds 3' for 'kind 4'? Unmatched names there: kinds 3. Write <class>.txt "
        "for each class."
    )


def test_two_files_that_a_class_may_mean_are_refused(tmp_path: Path) -> None:
    _write(tmp_path, {"ant.txt": "small", "polar bear.txt": "white", "polar_bear.txt": "white"})
    with pytest.raises(errors.UserError) as caught:
        class_texts.captions(tmp_path, ["polar+bear", "ant"], "captions_dir")
    assert str(caught.value) == (
        f"Names of classes must differ by more than case and separators in {tmp_path}, for captions_dir. Received: "
        "polar bear, polar_bear. Keep one of them."
    )


def test_a_file_that_is_called_exactly_as_its_class_is_taken(tmp_path: Path) -> None:
    _write(tmp_path, {"C.txt": "a letter", "C++.txt": "a letter and two crosses"})
    sentences = class_texts.captions(tmp_path, ["C", "C++"], "captions_dir")
    assert sentences == {"C": ["a letter"], "C++": ["a letter and two crosses"]}


@pytest.mark.parametrize("read", [class_texts.captions, class_texts.documents])
@pytest.mark.parametrize("text", ["", " \n\t\n"])
def test_empty_texts_are_refused(tmp_path: Path, read: _Reader, text: str) -> None:
    _write(tmp_path, {"ant.txt": "small", "bee.txt": text, "eel.txt": text})
    with pytest.raises(errors.UserError) as caught:
        read(tmp_path, ["ant", "bee", "eel"], "documents_dir")
    assert str(caught.value) == (
        f"documents_dir must have a text for every class. Received: {tmp_path}, without text for bee, eel. Write a "
        "text for each."
    )


def test_a_seen_class_without_text_of_training_images_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, {"ant/1.txt": "a"})
    with pytest.raises(errors.UserError, match="without text for ant"):
        class_texts.captions(tmp_path, ["ant"], "`captions`", {"ant": {"2"}.intersection})


@pytest.mark.parametrize("read", [class_texts.captions, class_texts.documents])
def test_what_is_no_utf8_is_reported_with_its_place(tmp_path: Path, read: _Reader) -> None:
    _write(tmp_path, {"ant.txt": "one\nfour é".encode() + b"\xe9\n"})
    with pytest.raises(errors.UserError, match=r"UTF-8. Received: .*ant.txt with the byte 0xe9 in line 2\."):
        read(tmp_path, ["ant"], "a test")


def test_captions_of_images_may_lie_in_folders_and_what_systems_leave_is_passed_over(tmp_path: Path) -> None:
    for folder in ("ant/deep", "ant/@eaDir", "__MACOSX"):
        (tmp_path / folder).mkdir(parents=True)
    _write(tmp_path, {"ant/1.txt": "a", "ant/deep/1.jpg.txt": "b", "ant/._1.txt": b"\xff", "ant/@eaDir/1.txt": b"\xff"})
    assert list(class_texts.entries(tmp_path)) == ["ant"]
    offered: list[str] = []
    sentences = class_texts.captions(tmp_path, ["ant"], "a test", {"ant": lambda files: offered.extend(files) or files})
    assert sorted(offered) == ["1", "deep/1.jpg"]
    assert sentences == {"ant": ["a", "b"]}


@pytest.mark.parametrize("read", [class_texts.captions, class_texts.documents])
def test_a_text_that_has_no_end_is_not_opened(tmp_path: Path, read: _Reader) -> None:
    (tmp_path / "ant.txt").symlink_to("/dev/zero")
    with pytest.raises(errors.UserError, match="ant.txt, a device"):
        read(tmp_path, ["ant"], "a test")
