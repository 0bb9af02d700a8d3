# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of arrays on disk that are filled batch by batch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
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


@pytest.mark.parametrize("note", ["[2]", '{"images": "2"}', '{"images": -2}', '{"images": 2.5}', "{}"])
def test_a_damaged_note_counts_as_none(note: str, tmp_path: Path) -> None:
    disk_arrays.DiskArrays.open(tmp_path, _SHAPES).note(2)
    (tmp_path / "progress.json").write_text(note, "utf-8")
    assert disk_arrays.DiskArrays.open(tmp_path, _SHAPES).done == 0


@pytest.mark.parametrize("array", [np.ones((4, 3), np.float32), np.ones((4, 2), int), None])
def test_arrays_that_are_damaged_or_others_are_begun_anew(array: np.ndarray | None, tmp_path: Path) -> None:
    disk_arrays.DiskArrays.open(tmp_path, _SHAPES).note(2)
    if array is None:
        (tmp_path / "a.npy").write_bytes(b"torn")
    else:
        np.save(tmp_path / "a.npy", array)
    again = disk_arrays.DiskArrays.open(tmp_path, _SHAPES)
    assert again.done == 0
    np.testing.assert_array_equal(again.arrays["a"], np.zeros((4, 2)))


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system cannot reserve room on a disk")
def test_room_is_reserved(tmp_path: Path) -> None:
    disk_arrays.DiskArrays.open(tmp_path, {"a": ((1 << 20,), np.float32)})
    assert (tmp_path / "a.npy").stat().st_blocks * 512 >= 4 << 20
    assert json_files.read(tmp_path / "progress.json") is None


class _Images:
    """Ten numbers in place of images, of which reading the eighth fails if asked to."""

    def __init__(self, fails: bool = False):
        self.fails = fails
        self.read: list[int] = []

    def __len__(self) -> int:
        return 10

    def batches(self, batch_size: int, *, skip: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for first in range(skip, 10, batch_size):
            batch = np.arange(first, min(first + batch_size, 10))
            if self.fails and 7 in batch:
                raise OSError("torn")
            self.read += batch.tolist()
            yield batch, batch % 2


def _write(arrays: Mapping[str, np.memmap], rows: slice, images: np.ndarray, labels: np.ndarray) -> None:
    arrays["squares"][rows], arrays["labels"][rows] = images**2, labels


def test_a_pass_that_was_cut_short_goes_on_after_the_last_whole_batch(tmp_path: Path) -> None:
    shapes = {"squares": ((10,), np.int64), "labels": ((10,), np.int64)}
    torn, whole = _Images(fails=True), _Images()
    with pytest.raises(OSError, match="torn"):
        disk_arrays.fill(tmp_path, torn, shapes, 3, _write, "squares")
    arrays = disk_arrays.fill(tmp_path, whole, shapes, 3, _write, "squares")
    assert (torn.read, whole.read) == ([*range(6)], [*range(6, 10)])
    np.testing.assert_array_equal(arrays["squares"], np.arange(10) ** 2)
    np.testing.assert_array_equal(np.load(tmp_path / "labels.npy", allow_pickle=False), np.arange(10) % 2)
    again = _Images()
    disk_arrays.fill(tmp_path, again, shapes, 3, _write, "squares")
    assert again.read == []
