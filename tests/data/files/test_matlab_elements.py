# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the elements of MATLAB files, at which scipy ends the process, or does not end."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from niwt_tf import errors
from niwt_tf.data.files import matlab, matlab_elements

_MATRIX, _COMPRESSED, _DOUBLES, _TEXTS, _CELLS, _SPARSE = 14, 15, 6, 4, 1, 5


def _element(kind: int, data: bytes, claimed: int | None = None) -> bytes:
    return struct.pack("<II", kind, len(data) if claimed is None else claimed) + data + bytes(-len(data) % 8)


def _variable(
    shape: tuple[int, ...] = (2, 1), data: bytes | None = None, kind: int = _DOUBLES, flags: int = 0, tag: int = 6
) -> bytes:
    """Return a variable `a`; `data` are the elements behind its name."""
    head = _element(tag, struct.pack("<II", kind | flags, 0)) + _element(5, struct.pack(f"<{len(shape)}i", *shape))
    return _element(_MATRIX, head + _element(1, b"a") + (_element(9, bytes(16)) if data is None else data))


def _packed(variable: bytes) -> bytes:
    data = zlib.compress(variable)
    return struct.pack("<II", _COMPRESSED, len(data)) + data  # nothing fills it up


def _file(*variables: bytes, mark: bytes = b"\0\1IM") -> io.BytesIO:
    return io.BytesIO(b"MATLAB 5.0 MAT-file".ljust(124) + mark + b"".join(variables))


@pytest.mark.parametrize("packs", [False, True])
@pytest.mark.parametrize(
    ("variable", "trouble"),
    [
        (_variable(data=_element(73, bytes(16))), "an element has the type 73, which it cannot have"),
        (_variable(data=_element(8, bytes(16))), "an element has the type 8, which it cannot have"),
        (_variable(data=_element(_MATRIX, bytes(16))), "an element has the type 14, which it cannot have"),
        (_variable(data=b""), "an element is incomplete"),
        (_variable(flags=0x800), "an element is incomplete"),  # complex numbers without imaginary parts
        (_variable(tag=7), "a variable has no flags"),
        (_variable(shape=()), "a variable has no shape"),
        (_variable(shape=(2,)), "a variable has no shape"),
        (_variable(shape=(1,) * 33), "a variable has no shape"),
        (_variable(shape=(-2, 1)), "a variable has a negative shape"),
        (_variable(shape=(2**20, 2), kind=_CELLS), "a variable of 72 bytes has the shape 1048576 x 2"),
        (_variable(kind=_SPARSE), "an element is incomplete"),
        (_element(_MATRIX | 4 << 16, b"1234"), "a variable is too small"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,
)
def test_elements_at_which_scipy_may_crash_are_told(packs: bool, variable: bytes, trouble: str) -> None:
    variable = _packed(variable) if packs else variable
    with pytest.raises(ValueError, match=trouble):
        matlab_elements.require_sound(_file(variable), 10**6)


def test_an_element_that_claims_more_than_its_variable_is_told() -> None:
    with pytest.raises(ValueError, match="an element is longer than its variable"):
        matlab_elements.require_sound(_file(_variable(data=_element(9, bytes(16), 24)), _variable()), 10**6)


def test_all_that_is_unpacked_counts() -> None:
    packed = _packed(_variable())
    matlab_elements.require_sound(_file(packed, packed), 2 * len(_variable()))
    with pytest.raises(ValueError, match="it unpacks to more than 159 bytes"):
        matlab_elements.require_sound(_file(packed, packed), 2 * len(_variable()) - 1)


def test_a_head_without_the_order_of_bytes_is_told() -> None:
    with pytest.raises(ValueError, match="its head does not tell the order of bytes"):
        matlab_elements.require_sound(_file(mark=b"\0\1XM"), 1)


@pytest.mark.parametrize("do_compression", [False, True])
def test_what_scipy_writes_is_sound(do_compression: bool, tmp_path: Path) -> None:
    cells = np.empty((2, 2), object)
    cells[:] = [["text", np.eye(2)], ["", np.zeros((0, 3))]]
    variables: dict[str, Any] = {
        "complex": np.eye(2) * 1j,
        "cells": cells,
        "struct": {"a": 1.5, "b": {"c": "text"}},
        "sparse": scipy.sparse.csc_matrix(np.eye(3)),
        "complex_sparse": scipy.sparse.csc_matrix(np.eye(3) * 1j),
        "cube": np.zeros((2, 3, 4), np.int8),
        "large": np.random.default_rng(0).normal(size=(400, 1_000)),
        "truth": np.array([True, False]),
    }
    scipy.io.savemat(tmp_path / "a.mat", variables, do_compression=do_compression)
    with (tmp_path / "a.mat").open("rb") as file:
        matlab_elements.require_sound(file, 10**8)


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("indices", [0, 2**30, 2]),
        ("indices", [0, -1, 2]),
        ("indptr", [0, 9, 9, 0]),  # which scipy's own check takes for an empty matrix
        ("indptr", [1, 1, 2, 3]),
        ("indptr", [0, 2, 1, 3]),
    ],
)
def test_a_sparse_matrix_with_indices_out_of_range_is_told(tmp_path: Path, part: str, values: list[int]) -> None:
    path = tmp_path / "a.mat"
    value = scipy.sparse.csc_matrix(np.eye(3))
    scipy.io.savemat(path, {"att": value})
    old, new = getattr(value, part).astype("<i4").tobytes(), np.array(values, "<i4").tobytes()
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    with pytest.raises(errors.UserError, match="with a sparse matrix whose indices are out of range|cannot be read"):
        matlab.read(path, required=("att",))
