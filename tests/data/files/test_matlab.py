# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of reading MATLAB files."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from scipy import io

from niwt_tf import errors
from niwt_tf.data.files import matlab


def _cells(*texts: str) -> np.ndarray:
    """Return a cell array `[n,1]`, as MATLAB writes a list of names."""
    cells = np.empty((len(texts), 1), object)
    cells[:, 0] = texts
    return cells


def _file(folder: Path, **variables: Any) -> Path:
    path = folder / "att_splits.mat"
    io.savemat(path, variables, do_compression=True)
    return path


def test_only_what_is_requested_is_returned(tmp_path: Path) -> None:
    path = _file(tmp_path, a=np.array([[1], [65535]], np.uint16), b=np.eye(2), c=np.zeros(3))
    found = matlab.read(path, required=("a",), optional=("b", "z"))
    assert found.keys() == {"a", "b"}
    assert found["a"].dtype == np.uint16 and found["a"].tolist() == [[1], [65535]]
    np.testing.assert_array_equal(found["b"], np.eye(2))


@pytest.mark.parametrize("version", ["4", "5"])
def test_older_versions_are_read_too(tmp_path: Path, version: str) -> None:
    io.savemat(tmp_path / "old.mat", {"a": np.arange(3.0)}, format=version)
    assert matlab.read(tmp_path / "old.mat", required=("a",))["a"].ravel().tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (_cells("ant", "polar+bear", "élan"), ["ant", "polar+bear", "élan"]),
        (_cells("ant", "bee").T, ["ant", "bee"]),
        (_cells("ant"), ["ant"]),
    ],
)
def test_strings_of_cells_come_back(tmp_path: Path, cells: np.ndarray, expected: list[str]) -> None:
    assert matlab.read(_file(tmp_path, names=cells), texts=("names",))["names"].tolist() == expected


def test_a_missing_variable_is_reported_with_those_that_are_there(tmp_path: Path) -> None:
    path = _file(tmp_path, att=np.eye(2), other=np.eye(2))
    with pytest.raises(errors.UserError) as caught:
        matlab.read(path, required=("att", "trainval_loc", "test_seen_loc"))
    assert str(caught.value) == (
        f"att_splits.mat must contain `att`, `trainval_loc`, `test_seen_loc`. Received: {path}, without trainval_loc, "
        "test_seen_loc, with att, other. Download the file from its official page."
    )


def test_a_file_without_variables_is_reported(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="without att, with no variable. Download the file"):
        matlab.read(_file(tmp_path), required=("att",))


def _assert_unreadable(path: Path) -> None:
    with pytest.raises(errors.UserError) as caught:
        matlab.read(path, required=("a",))
    message = str(caught.value)
    assert message.startswith(
        f"{path.name} must be a MATLAB file of version 7 or earlier. Received: {path}, which cannot be read ("
    )
    assert message.endswith("). Download it again.")


_HDF = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2018 HDF5 schema 1.00 .".ljust(124)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>404 Not Found</html>\n" * 20, b"short", b"\0" * 1000, b"\0" * 100, _HDF + b"\0\2IM" + b"\0" * 900],
    ids=["empty", "text", "short", "zeros", "few zeros", "version 7.3"],
)
def test_what_is_no_matlab_file_is_reported(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "split.mat"
    path.write_bytes(content)
    _assert_unreadable(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_changed_bytes_are_reported_or_do_no_harm(tmp_path: Path, compressed: bool) -> None:
    path = tmp_path / "split.mat"
    variables = {"a": np.arange(200, dtype=np.uint16), "names": _cells("ant", "bee"), "b": _LARGE[:9, :9]}
    io.savemat(path, variables, do_compression=compressed)
    whole, rng = path.read_bytes(), random.Random(0)
    reported = 0
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            content[rng.randrange(len(content))] = rng.choice((14, rng.randrange(24), rng.randrange(256)))
        path.write_bytes(content)
        try:
            matlab.read(path, required=("a", "b"), texts=("names",))
        except errors.UserError:
            reported += 1
    assert reported > 50


@pytest.mark.parametrize("compressed", [False, True])
def test_files_cut_short_are_reported(tmp_path: Path, compressed: bool) -> None:
    path = tmp_path / "split.mat"
    io.savemat(path, {"names": _cells("ant", "bee"), "a": np.arange(200, dtype=np.uint16)}, do_compression=compressed)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(errors.UserError, match="must be a MATLAB file|must contain `a`, `names`"):
            matlab.read(path, required=("a", "names"))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match=f"Received: {tmp_path / 'none.mat'}, no such file."):
        matlab.read(tmp_path / "none.mat", required=("a",))


_STRUCT = {"a": np.eye(2)}
_LARGE = scipy.sparse.csc_matrix((2**20, 2**20))
_OTHERS: dict[str, tuple[Any, str, str]] = {
    "characters": ("text", "real numbers", "characters, 1"),
    "a struct": (_STRUCT, "real numbers", "a struct, 1 x 1"),
    "cells": (_cells("a", "b"), "real numbers", "cells that are not all texts, 2 x 1"),
    "complex": (np.eye(2) * 1j, "real numbers", "complex numbers, 2 x 2"),
    "not finite": (np.array([[1, np.nan]]), "finite numbers", "1 that are not, in float32"),
    "beyond float32": (np.array([[1, 1e39]]), "finite numbers", "1 that are not, in float32"),
    "sparse": (_LARGE, "real numbers", "a sparse matrix of 1048576 x 1048576"),
}


@pytest.mark.parametrize("kind", _OTHERS)
def test_what_is_no_matrix_of_numbers_is_told(tmp_path: Path, kind: str) -> None:
    value, rule, received = _OTHERS[kind]
    path = _file(tmp_path, att=value)
    with pytest.raises(errors.UserError) as caught:
        matlab.read(path, required=("att",))
    assert str(caught.value) == (
        f"`att` must be {rule}. Received: {path} with {received}. Download the file from its official page."
    )


def test_sparse_numbers_become_dense(tmp_path: Path) -> None:
    path = _file(tmp_path, att=scipy.sparse.csc_matrix(np.eye(3)))
    np.testing.assert_array_equal(matlab.read(path, required=("att",))["att"], np.eye(3))


@pytest.mark.parametrize("value", [np.eye(2), "a", _STRUCT, np.empty((0, 0), object), np.array([["a", 1.0]], object)])
def test_what_is_no_cell_array_of_texts_is_told(tmp_path: Path, value: Any) -> None:
    path = _file(tmp_path, names=value)
    with pytest.raises(errors.UserError, match=f"`names` must be a cell array of texts. Received: {path} with "):
        matlab.read(path, texts=("names",))


@pytest.mark.parametrize("number", [1.5, 2.0**60, -0.1])
def test_fractions_are_no_whole_numbers(tmp_path: Path, number: float) -> None:
    path = tmp_path / "a.mat"
    assert matlab.whole_numbers(path, "labels", np.array([[1.0], [2.0]])).tolist() == [1, 2]
    with pytest.raises(errors.UserError) as caught:
        matlab.whole_numbers(path, "labels", np.array([[1.0], [number]]))
    assert str(caught.value) == (
        f"`labels` must be whole numbers. Received: {path} with {number:g} among them. Download the file from its "
        "official page."
    )


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _file(tmp_path, att=np.zeros((1000, 1000)))
    monkeypatch.setattr(matlab, "_MOST_BYTES", 10**6)
    with pytest.raises(errors.UserError, match=r"cannot be read \(it unpacks to more than 1,000,000 bytes\)"):
        matlab.read(path, required=("att",))
