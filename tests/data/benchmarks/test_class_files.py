# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of finding the files that describe a benchmark's classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from niwt_tf import errors
from niwt_tf.data.benchmarks import class_files


def test_a_file_is_found_in_the_first_folder_under_its_first_name(tmp_path: Path) -> None:
    folders = tuple(tmp_path / name for name in "abc")
    for path in (tmp_path / "b" / "second.txt", tmp_path / "c" / "first.txt", tmp_path / "c" / "second.txt"):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    source = class_files.BenchmarkFiles(folders)
    assert source.find("second.txt") == tmp_path / "b" / "second.txt"
    assert source.find("first.txt", "second.txt") == tmp_path / "c" / "first.txt"
    assert source.find("third.txt") is None


def test_a_missing_file_is_reported_with_every_path(tmp_path: Path) -> None:
    source = class_files.BenchmarkFiles((tmp_path / "a", tmp_path / "b"))
    with pytest.raises(errors.UserError) as caught:
        source.require("x/names.txt", "names.txt")
    assert str(caught.value) == (
        "The file that describes the classes must exist. Received: none of these paths:\n"
        f"  {tmp_path}/a/x/names.txt\n  {tmp_path}/b/x/names.txt\n  {tmp_path}/a/names.txt\n  {tmp_path}/b/names.txt\n"
        "Put the file there, name its folder with data_dir, or choose another domain."
    )


def test_the_split_of_the_source_is_its_matlab_file(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="att_splits.mat"):
        class_files.BenchmarkFiles((tmp_path,)).mat()
    (tmp_path / "att_splits.mat").touch()
    assert class_files.BenchmarkFiles((tmp_path,)).mat() == tmp_path / "att_splits.mat"
