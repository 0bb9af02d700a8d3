# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of paths that are not what they seem."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from niwt_tf import errors
from niwt_tf.data.files import text_files
from niwt_tf.util import checksum, paths


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(path))


_NO_FILES: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a socket": _socket,
    "a folder": Path.mkdir,
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "no such file": lambda path: None,
    "Too many levels of symbolic links": lambda path: path.symlink_to(path.name),
}


@pytest.mark.parametrize("kind", _NO_FILES)
@pytest.mark.parametrize("read", [paths.require_regular, checksum.sha256, text_files.text])
def test_what_is_no_regular_file_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, read: Callable[[Path], object]
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    path = Path("x.jpg")
    _NO_FILES[kind](path)
    assert paths.trouble(path) == kind
    with pytest.raises(errors.UserError) as caught:
        read(path)
    assert str(caught.value) == (
        f"A file must be a regular one that can be read. Received: {path}, {kind}. Put the file there, or name another."
    )


def test_a_name_with_a_nul_is_none_of_a_file() -> None:
    assert paths.trouble(Path("a\0b")) == "no possible name of a file"


def test_a_file_may_be_limited_in_size(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert paths.read_bytes(path, 5) == b"12345"
    with pytest.raises(errors.UserError, match=f"at most 4 bytes. Received: {path}, with 5 bytes. Name another."):
        paths.read_bytes(path, 4)


def test_only_the_folders_of_users_are_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert paths.expanded("~/a") == Path("/home/me/a")
    assert paths.expanded("~nobody-here/a") == Path("~nobody-here/a")


@pytest.mark.parametrize("name", ["x" * 256, "é" * 128, "a/" * 5_000, "a\0b", "\ud800"])
def test_paths_that_no_disk_can_hold_are_told(name: str) -> None:
    assert paths.is_possible(Path("x" * 255, "é" * 127, os.fsdecode(b"\xe9")))
    with pytest.raises(errors.UserError) as caught:
        paths.expanded(name)
    rule = "Names in a path must have at most 255 bytes, and no NUL."
    assert str(caught.value) == f"{rule} Received: {errors.clipped(repr(name))}. Name another."


def test_files_and_links_to_them_are_regular(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a", "utf-8")
    (tmp_path / "b").symlink_to("a")
    for name in "ab":
        assert paths.trouble(tmp_path / name) == ""
        assert paths.require_regular(tmp_path / name) == tmp_path / name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"caf\xe9.jpg", r"caf\xe9.jpg"),
        ("café 熊.jpg".encode(), "café 熊.jpg"),
        (b"\xff\x80", r"\xff\x80"),
        (b"plain", "plain"),
    ],
)
def test_names_can_be_printed_and_written(name: bytes, expected: str) -> None:
    found = os.fsdecode(name)
    assert paths.printable(found) == expected
    assert paths.is_text(found) == (found == expected)


def test_other_halves_of_letters_can_be_printed_too() -> None:
    assert paths.printable("a\ud800") == r"a\ud800"


def test_the_home_folder_is_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    assert paths.with_home("niwt --data_dir=/home/anna/birds --workdir=/home/annabel/run") == (
        "niwt --data_dir=~/birds --workdir=/home/annabel/run"
    )
    monkeypatch.setenv("HOME", "/")
    assert paths.with_home("--data_dir=/birds") == "--data_dir=/birds"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 attributes: /home/anna/mine/attributes.csv; 2 missing", "3 attributes: attributes.csv; 2 missing"),
        ("[Errno 2] No such file or directory: '/data/birds'", "[Errno 2] No such file or directory: 'birds'"),
        ("keras:/nets/a.keras", "keras:/nets/a.keras"),
        ("~/birds and /x", "birds and x"),
        ("https://example.org/a/b, and/or S/U, km/h, 1 / 2", "https://example.org/a/b, and/or S/U, km/h, 1 / 2"),
        ("mine/attributes.csv", "mine/attributes.csv"),
    ],
)
def test_absolute_paths_in_a_text_become_their_last_names(text: str, expected: str) -> None:
    assert paths.last_names(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/home/anna/my birds", "my birds"),
        ("/home/anna/birds/", "birds"),
        ("~/birds", "birds"),
        ("keras:/nets/a.keras", "keras:a.keras"),
        ("images:~/photos", "images:photos"),
        ("hub:https://example.org/a/b", "hub:https://example.org/a/b"),
        ("https://example.org/a", "https://example.org/a"),
        ("mine/birds", "mine/birds"),
        ("vgg16", "vgg16"),
        ("", ""),
    ],
)
def test_a_setting_that_is_an_absolute_path_becomes_its_last_name(value: str, expected: str) -> None:
    assert paths.last_name(value) == expected


@pytest.mark.parametrize("kind", ["a pipe", "a device", "a socket", "a folder", "a link to nothing"])
def test_what_is_in_the_place_of_an_optional_file_is_not_overlooked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("unseen.txt")
    assert not paths.has_file(path)
    _NO_FILES[kind](path)
    with pytest.raises(errors.UserError, match=f"Received: unseen.txt, {kind}. Put the file there"):
        paths.has_file(path)
    if kind == "a folder":
        assert paths.has_folder(path)
    else:
        with pytest.raises(errors.UserError, match=f"Received: unseen.txt, {kind}. Put the folder there"):
            paths.has_folder(path)


def test_an_optional_file_is_no_folder(tmp_path: Path) -> None:
    assert not paths.has_folder(tmp_path / "captions")
    (tmp_path / "captions").touch()
    assert paths.has_file(tmp_path / "captions")
    with pytest.raises(errors.UserError, match="captions, a file. Put the folder there, or name another."):
        paths.has_folder(tmp_path / "captions")
