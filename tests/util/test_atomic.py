# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of writing completely or not at all, whatever a killed process left."""

from __future__ import annotations

from pathlib import Path

import pytest

from niwt_tf.util import atomic


def _tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def _leave(path: Path, kind: str) -> None:
    """Leave what a killed process had begun: a file, a folder, or a link that leads nowhere."""
    if kind == "file":
        path.write_text("half", "utf-8")
    elif kind == "link":
        path.symlink_to("nowhere")
    else:
        (path / "below").mkdir(parents=True)
        (path / "below" / "half").touch()


@pytest.mark.parametrize("left", ["file", "folder", "link"])
@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_a_file_is_replaced_or_stays_and_nothing_else_is_left(
    tmp_path: Path, left: str, error: type[BaseException] | None
) -> None:
    _leave(tmp_path / ".a.txt.part", left)
    (tmp_path / "a.txt").write_text("old", "utf-8")
    try:
        with atomic.writing(tmp_path / "a.txt") as part:
            part.write_text("new", "utf-8")
            assert (tmp_path / "a.txt").read_text("utf-8") == "old"
            if error:
                raise error
    except (ValueError, KeyboardInterrupt):
        pass
    assert (tmp_path / "a.txt").read_text("utf-8") == ("old" if error else "new")
    assert _tree(tmp_path) == {"a.txt"}


@pytest.mark.parametrize("is_there", [True, False])
def test_a_folder_takes_the_place_of_an_empty_one(tmp_path: Path, is_there: bool) -> None:
    _leave(tmp_path / ".1.part", "folder")
    if is_there:
        (tmp_path / "1").mkdir()
    with atomic.writing(tmp_path / "1") as part:
        part.mkdir()
        (part / "model").touch()
    assert _tree(tmp_path) == {"1", "1/model"}


def test_a_folder_with_files_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "mine").touch()
    with pytest.raises(OSError), atomic.writing(tmp_path / "1") as part:
        part.mkdir()
    assert _tree(tmp_path) == {"1", "1/mine"}


def test_text_is_written_as_utf8(tmp_path: Path) -> None:
    atomic.write_text(tmp_path / "a.txt", "ä")
    assert (tmp_path / "a.txt").read_bytes() == "ä".encode()


@pytest.mark.parametrize("left", ["file", "folder", "link"])
def test_a_temporary_path_has_nothing_before_and_after(tmp_path: Path, left: str) -> None:
    _leave(tmp_path / ".unpacking", left)
    with atomic.temporary(tmp_path / ".unpacking") as path:
        assert not _tree(tmp_path)
        _leave(path, left)
    assert not _tree(tmp_path)


def test_clear_removes_all_that_was_begun_below_a_folder_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a", "a/.b.json.part", "a/.c.part"):
        _leave(tmp_path / name, "file" if name.endswith("json.part") else "folder")
    for name in ("a/mine.part", "a/.hidden", "a/d"):
        (tmp_path / name).touch()
    atomic.clear(tmp_path)
    assert _tree(tmp_path) == {"a", "a/below", "a/below/half", "a/mine.part", "a/.hidden", "a/d"}
