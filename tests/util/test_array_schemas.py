# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of declared arrays."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.util import array_schemas
from niwt_tf.util.array_schemas import Array

_SCHEMA = {
    "kernel": Array("float32", "DC"),
    "names": Array("text", "C", is_unique=True),
    "labels": Array("int", "N", minimum=0, below="C", may_be_empty=True),
    "share": Array("float", minimum=0.0, maximum=1.0, since=2),
    "parts": Array("text", "C", is_optional=True),
    "*/numbers": Array("float", "P"),
    "*/words": Array("text", "P"),
}
_GOOD: dict[str, Any] = {
    "kernel": np.ones((2, 3), np.float32),
    "names": np.array(["a", "b", "c"]),
    "labels": np.array([0, 2]),
    "share": np.array(1 + 1e-9),
    "x/numbers": np.ones(4),
    "x/words": np.array(list("abcd")),
    "y/numbers": np.ones(5),
    "more": np.array(["left out"]),
}


def _read(
    path: Path,
    changes: dict[str, Any],
    sizes: array_schemas.Sizes | None = None,
    bundle_format: float = array_schemas.PRESENT,
) -> dict[str, np.ndarray]:
    arrays = {name: array for name, array in (_GOOD | changes).items() if array is not None}
    np.savez(path, **arrays)
    return array_schemas.read_all(path, _SCHEMA, sizes, bundle_format)


def test_declared_arrays_are_read(tmp_path: Path) -> None:
    read = _read(tmp_path / "a.npz", {})
    assert read.keys() == _GOOD.keys() - {"more"}
    for name, array in read.items():
        np.testing.assert_array_equal(array, _GOOD[name])
    assert "share" not in _read(tmp_path / "a.npz", {"share": None}, bundle_format=1)
    assert len(_read(tmp_path / "a.npz", {"labels": np.zeros(0, int)})["labels"]) == 0
    assert "parts" in _read(tmp_path / "a.npz", {"parts": np.array(["", "b", "c"])})


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({"kernel": None, "names": None}, "has no kernel, names"),
        ({"share": None}, "has no share"),
        ({"kernel": np.ones((2, 3))}, "has kernel of type float64, not float32"),
        ({"kernel": np.ones((2, 3), ">f4")}, "has kernel of type >f4, not float32"),
        ({"kernel": np.ones((2, 3), complex)}, "has kernel of type complex128, not float32"),
        ({"kernel": np.ones(3, np.float32)}, "has kernel of shape [3], which must be [D,C]"),
        ({"kernel": np.ones((0, 3), np.float32)}, "has kernel of shape [0, 3], which is empty"),
        ({"names": np.array(["a", "b"])}, "has names of shape [2], where kernel of a.npz has 3 C"),
        ({"names": np.array(["a", "b", "a"])}, "has names with the same name twice"),
        ({"names": np.array(["a", "b", "\ud800"])}, "has names that is no text"),
        ({"names": np.full(3, -1, np.int32).view("U1")}, "has names that is no text"),
        ({"kernel": np.full((2, 3), np.nan, np.float32)}, "has kernel that is not finite"),
        ({"share": np.array(1.1)}, "has share from 1.1 to 1.1, which must be numbers from 0 to 1"),
        ({"labels": np.array([-1])}, "has labels from -1 to -1, which must be numbers of at least 0"),
        ({"labels": np.array([0, 3])}, "has labels that does not fit: labels of a.npz has the index 3 of 3"),
        ({"x/numbers": np.ones(3)}, "has x/words of shape [4], where x/numbers of a.npz has 3 P"),
    ],
)
def test_what_is_not_as_declared_is_told(changes: dict[str, Any], trouble: str, tmp_path: Path) -> None:
    with pytest.raises(errors.DamagedError, match=re.escape(f"a.npz, which {trouble}. ")):
        _read(tmp_path / "a.npz", changes)


def test_an_array_is_required_from_its_first_format_on(tmp_path: Path) -> None:
    for bundle_format in (2, 3):
        with pytest.raises(errors.DamagedError, match="a.npz, which has no share. "):
            _read(tmp_path / "a.npz", {"share": None}, bundle_format=bundle_format)
    with pytest.raises(errors.DamagedError, match="has share from 2 to 2"):  # checked where it is not required, too
        _read(tmp_path / "a.npz", {"share": np.array(2.0)}, bundle_format=1)


def test_the_files_of_a_model_must_agree(tmp_path: Path) -> None:
    sizes = array_schemas.Sizes()
    _read(tmp_path / "a.npz", {}, sizes)
    np.save(tmp_path / "b.npy", np.ones((7, 4), np.float32))
    with pytest.raises(
        errors.DamagedError, match=r"b.npy, which has b of shape \[7, 4\], where kernel of a.npz has 2 D"
    ):
        array_schemas.read(tmp_path / "b.npy", Array("float32", "RD"), sizes)
    names = {"names": np.array(["a", "c", "b"])}
    with pytest.raises(errors.DamagedError, match=r"c.npz, which has other names than names of a.npz"):
        _read(tmp_path / "c.npz", names, sizes)


@pytest.mark.parametrize("is_first", [True, False])
def test_an_index_may_be_read_before_what_it_counts(is_first: bool, tmp_path: Path) -> None:
    np.save(tmp_path / "labels.npy", np.array([0, 5]))
    np.save(tmp_path / "names.npy", np.array(["a", "b"]))
    schemas = {"labels": Array("int", "N", below="C"), "names": Array("text", "C", is_unique=True)}
    sizes = array_schemas.Sizes()
    with pytest.raises(errors.DamagedError, match=r"does not fit: labels of labels.npy has the index 5 of 2"):
        for name in ("labels", "names") if is_first else ("names", "labels"):
            array_schemas.read(tmp_path / f"{name}.npy", schemas[name], sizes)


def test_numbers_that_stay_on_disk_are_checked_when_they_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([1, np.inf], np.float16))
    array = array_schemas.read(tmp_path / "a.npy", Array("float16", "n", stays_on_disk=True), mapped=True)
    array_schemas.require_finite(tmp_path / "a.npy", "a", array[:1])
    with pytest.raises(errors.DamagedError, match=r"a.npy, which has a that is not finite"):
        array_schemas.require_finite(tmp_path / "a.npy", "a", array)
