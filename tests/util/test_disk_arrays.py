# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of arrays on disk that are filled batch by batch."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from niwt_tf.util import disk_arrays, json_files

_SHAPES = {"a": ((4, 2), np.float32), "b": ((3,), np.float16)}


def test_new_arrays_have_their_shapes_and_nothing_done(tmp_path: Path) -> None:
    files = disk_arrays.DiskArrays.open(tmp_path, _SHAPES)
    assert files.done == 0
    assert {name: (array.shape, array.dtype) for name, array in files.arrays.items()} == _SHAPES


def test_what_was_noted_is_there_for_the_next_call(tmp_path: Path) -> None:
    files = disk_arrays.DiskArrays.open(tmp_path, _SHAPES)
    files.arrays["a"][:2], files.arrays["b"][:1] = 7, 3
    files.note(2)
    again = disk_arrays.DiskArrays.open(tmp_path, _SHAPES)
    assert again.done == 2
    np.testing.assert_array_equal(again.arrays["a"], [[7, 7], [7, 7], [0, 0], [0, 0]])
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy", allow_pickle=False), [3, 0, 0])


def test_what_was_written_but_not_noted_is_begun_anew(tmp_path: Path) -> None:
    disk_arrays.DiskArrays.open(tmp_path, _SHAPES).arrays["a"][:] = 7
    again = disk_arrays.DiskArrays.open(tmp_path, _SHAPES)
    assert again.done == 0
    np.testing.assert_array_equal(again.arrays["a"], np.zeros((4, 2)))


def test_a_torn_note_counts_as_none(tmp_path: Path) -> None:
    disk_arrays.DiskArrays.open(tmp_path, _SHAPES).note(2)
    (tmp_path / "progress.json").write_text('{"ima', "utf-8")
    assert disk_arrays.DiskArrays.open(tmp_path, _SHAPES).done == 0


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system cannot reserve room on a disk")
def test_room_is_reserved(tmp_path: Path) -> None:
    disk_arrays.DiskArrays.open(tmp_path, {"a": ((1 << 20,), np.float32)})
    assert (tmp_path / "a.npy").stat().st_blocks * 512 >= 4 << 20
    assert json_files.read(tmp_path / "progress.json") is None
