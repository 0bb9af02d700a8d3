# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of reading NumPy's files."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.util import array_files

_ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.asfortranarray(np.ones((2, 3), np.float16)),
    np.zeros((0, 4), np.int64),
    np.array(["a", "bcd"]),
    np.array(3.5),
]


@pytest.mark.parametrize("array", _ARRAYS, ids=str)
def test_arrays_come_back(array: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "a.npz", a=array, b=array)
    for read in (array_files.read(tmp_path / "a.npy"), array_files.read_all(tmp_path / "a.npz")["b"]):
        assert read.dtype == array.dtype
        np.testing.assert_array_equal(read, array)
    assert array_files.read_all(tmp_path / "a.npz").keys() == {"a", "b"}


def test_an_array_can_stay_on_disk(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(5))
    assert isinstance(array_files.read(tmp_path / "a.npy", mapped=True), np.memmap)


def _header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (b"", "its header cannot be read (ValueError)"),
        (_header("(" * 9000), "its header cannot be read ("),
        (_header("-" * 9000 + "1"), "its header cannot be read ("),
        (
            _header("{'descr': '<f4', 'fortran_order': False, 'shape': (10000000000,), }"),
            "(10000000000,) of float32 does",
        ),
        (
            _header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -1), }") + b"\0" * 4,
            "(-1, -1) of float32 does",
        ),
        (_header("{'descr': '<U0', 'fortran_order': False, 'shape': (9999999999,), }"), "it holds nothing in place of"),
        (
            _header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }") + b"\0" * 8,
            "it holds objects in place of",
        ),
        (
            _header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }") + b"\0" * 9,
            "(2,) of float32 does not fit",
        ),
    ],
)
def test_a_header_that_lies_is_told_before_anything_is_allocated(data: bytes, trouble: str, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", data)
    path = tmp_path / "a.npy"
    for mapped in (False, True):
        with pytest.raises(errors.DamagedError, match=re.escape(f"{path}, which is not a complete array: {trouble}")):
            array_files.read(path, mapped)
    told = f"a.npz, which has x.npy, which is not a complete array: {trouble}"
    with pytest.raises(errors.DamagedError, match=re.escape(told)):
        array_files.read_all(tmp_path / "a.npz")


def test_what_is_no_file_is_told_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for name, trouble in {"pipe": "is a pipe", "link": "is a device", "none": "does not exist"}.items():
        for read in (array_files.read, array_files.read_all):
            with pytest.raises(errors.DamagedError) as caught:
                read(tmp_path / name)
            assert (caught.value.path, caught.value.trouble) == (tmp_path / name, trouble)


def test_a_flipped_bit_in_an_archive_is_told(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.arange(100_000))
    data = bytearray((tmp_path / "a.npz").read_bytes())
    data[400_000] ^= 1
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(errors.DamagedError, match="which is not a complete zip file: Bad CRC-32"):
        array_files.read_all(tmp_path / "a.npz")
