# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of finding equal images."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from niwt_tf.data.folder import equal_images
from niwt_tf.util import checksum


def _images(folder: Path, **contents: bytes) -> list[tuple[str, Path]]:
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [(name, folder / name) for name in contents]


def test_groups_by_hand(tmp_path: Path) -> None:
    images = _images(tmp_path, f=b"12", a=b"12", b=b"13", c=b"1", d=b"13", e=b"12", g=b"123")
    assert equal_images.groups(images) == (("a", "e", "f"), ("b", "d"))


def test_empty_files_and_what_is_no_file_are_equal_to_nothing(tmp_path: Path) -> None:
    images = _images(tmp_path, a=b"", b=b"")
    os.mkfifo(tmp_path / "c")
    (tmp_path / "d").symlink_to("nowhere")
    assert equal_images.groups([*images, ("c", tmp_path / "c"), ("d", tmp_path / "d")]) == ()


def test_files_that_are_too_large_for_images_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equal_images.limits, "MOST_IMAGE_BYTES", 2)
    assert equal_images.groups(_images(tmp_path, a=b"12", b=b"12", c=b"123", d=b"123")) == (("a", "b"),)


def test_links_to_one_file_are_equal(tmp_path: Path) -> None:
    images = _images(tmp_path, a=b"1")
    (tmp_path / "b").symlink_to("a")
    os.link(tmp_path / "a", tmp_path / "c")
    assert equal_images.groups([*images, ("b", tmp_path / "b"), ("c", tmp_path / "c")]) == (("a", "b", "c"),)


def test_only_files_of_equal_size_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    whole = checksum.sha256
    monkeypatch.setattr(checksum, "sha256", lambda path: (read.append(path.name), whole(path))[1])
    images = _images(tmp_path, a=b"12", b=b"13", c=b"1")
    assert equal_images.groups(images) == ()
    assert read == ["a", "b"]


def test_a_file_replaced_at_equal_size_and_time_is_noticed(tmp_path: Path) -> None:
    images = _images(tmp_path, a=b"12", b=b"13")
    status = (tmp_path / "b").stat()
    assert equal_images.groups(images) == ()
    (tmp_path / "b").write_bytes(b"12")
    os.utime(tmp_path / "b", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert equal_images.groups(images) == (("a", "b"),)
