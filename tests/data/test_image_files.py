# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of finding image files."""

from __future__ import annotations

from pathlib import Path

import pytest

from niwt_tf.data import image_files


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def _below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in image_files.below(folder)}


def test_images_of_every_kind_are_found_at_any_depth(tmp_path: Path) -> None:
    names = {"a.jpg", "b.JPEG", "c/d.Png", "c/d/e.gif", "c/f g.bmp", "c/h.i.webp", "j.tif", "k.TIFF"}
    _touch(tmp_path, *names)
    assert _below(tmp_path) == names


def test_other_files_and_hidden_ones_are_left_out(tmp_path: Path) -> None:
    _touch(tmp_path, "a.txt", "jpg", "a.jpg.part", "Thumbs.db", ".a.jpg", "b/._a.jpg", ".jpg", "a.npy")
    (tmp_path / "folder.jpg").mkdir()
    assert _below(tmp_path) == set()


def test_hidden_folders_are_left_out(tmp_path: Path) -> None:
    _touch(tmp_path, ".ipynb_checkpoints/a.jpg", "ant/.thumbnails/a.jpg", "ant/a.jpg")
    assert _below(tmp_path) == {"ant/a.jpg"}


def test_a_folder_that_is_hidden_itself_may_be_named(tmp_path: Path) -> None:
    _touch(tmp_path, ".data/ant/a.jpg")
    assert _below(tmp_path / ".data") == {"ant/a.jpg"}


def test_links_are_followed(tmp_path: Path) -> None:
    _touch(tmp_path, "elsewhere/a.jpg")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "ant").symlink_to(tmp_path / "elsewhere")
    assert _below(tmp_path / "images") == {"ant/a.jpg"}


@pytest.mark.parametrize("folder", ["empty", "none"])
def test_an_empty_folder_and_none_have_no_images(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    assert list(image_files.below(tmp_path / folder)) == image_files.by_class_folder(tmp_path / folder) == []


def test_the_class_is_the_first_folder_and_names_are_sorted_as_text(tmp_path: Path) -> None:
    names = ["ant/ant_10.jpg", "ant/ant_9.jpg", "ant+x/1.jpg", "Bee/young/1.png", "Bee/old.png", "bee/1.jpg"]
    _touch(tmp_path, *names, "no class.jpg")
    assert image_files.by_class_folder(tmp_path) == [
        ("Bee/old.png", "Bee", tmp_path / "Bee/old.png"),
        ("Bee/young/1.png", "Bee", tmp_path / "Bee/young/1.png"),
        ("ant+x/1.jpg", "ant+x", tmp_path / "ant+x/1.jpg"),
        ("ant/ant_10.jpg", "ant", tmp_path / "ant/ant_10.jpg"),
        ("ant/ant_9.jpg", "ant", tmp_path / "ant/ant_9.jpg"),
        ("bee/1.jpg", "bee", tmp_path / "bee/1.jpg"),
    ]
