# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the record of classes that were taught within a limit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.models import limited_classes

_PROMISE = limited_classes.Promise(0.01, 0.008, 0.002, 0.7, 0.4, 0.9, 0.5, 0.005)
_PHOTOGRAPHS = np.arange(15, dtype=np.float32).reshape(5, 3)
_CLASSES = limited_classes.LimitedClasses(
    ("a", "b", "c"), 0.02, -1.5, _PROMISE, _PHOTOGRAPHS, np.array([0, 2, 2, 0, 1])
)


def test_each_class_has_its_photographs() -> None:
    np.testing.assert_array_equal(_CLASSES.photographs_of("a"), _PHOTOGRAPHS[[0, 3]])
    np.testing.assert_array_equal(_CLASSES.photographs_of("c"), _PHOTOGRAPHS[[1, 2]])
    assert _CLASSES.photographs_of("d").shape == (0, 3)


def test_without_a_class_the_others_keep_theirs() -> None:
    left = _CLASSES.without({"b", "unknown"})
    assert left.names == ("a", "c") and left.owners.tolist() == [0, 1, 1, 0]
    np.testing.assert_array_equal(left.photographs, _PHOTOGRAPHS[:4])
    assert left.expected == _PROMISE and left.offset == -1.5
    none = left.without({"a", "c"})
    assert none.names == () and none.photographs.shape == (0, 3)


def test_it_comes_back_from_a_folder(tmp_path: Path) -> None:
    _CLASSES.save(tmp_path)
    back = limited_classes.load(tmp_path, ("old", "a", "b", "c"), 3)
    assert (back.names, back.limit, back.offset, back.expected) == (("a", "b", "c"), 0.02, -1.5, _PROMISE)
    np.testing.assert_array_equal(back.photographs, _PHOTOGRAPHS)
    np.testing.assert_array_equal(back.owners, _CLASSES.owners)


def test_without_photographs_it_comes_back_too(tmp_path: Path) -> None:
    limited_classes.LimitedClasses(("a",), 0.02).save(tmp_path)
    back = limited_classes.load(tmp_path, ("a",), 3)
    assert back.names == ("a",) and back.photographs.shape == (0, 3) == back.photographs_of("a").shape


def test_a_record_without_classes_comes_back(tmp_path: Path) -> None:
    limited_classes.LimitedClasses().save(tmp_path)
    loaded = limited_classes.load(tmp_path, ("a",), 3)
    assert (loaded.names, loaded.photographs.shape) == ((), (0, 3))


def _arrays(features: np.ndarray, owners: np.ndarray) -> Callable[[Path], object]:
    return lambda folder: np.savez(folder / limited_classes.PHOTOGRAPHS, features=features, owners=owners)


def _record(**changes: Any) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        record = json.loads((folder / limited_classes.FILE).read_text("utf-8"))
        (folder / limited_classes.FILE).write_text(json.dumps(record | changes), "utf-8")

    return write


@pytest.mark.parametrize(
    ("damage", "trouble"),
    [
        (_record(names=["a", "c", "b"]), "names classes that are not the last of the model: a, c, b"),
        (_record(names=["a", "b", "c", "d", "e"]), "names classes that are not the last"),
        (_record(names=[]), "has owners that does not fit"),
        (_record(limit=0.6), "limit"),
        (_record(offset=None), "offset"),
        (_arrays(_PHOTOGRAPHS, np.array([0, 1, 2, 3, 0])), "has owners that does not fit"),
        (_arrays(_PHOTOGRAPHS, np.array([0, 1, -1, 2, 0])), "has owners from -1 to 2"),
        (_arrays(_PHOTOGRAPHS, np.array([0, 1])), "has owners of shape"),
        (_arrays(_PHOTOGRAPHS, np.zeros(0, np.int64)), "has photographs without a class"),
        (_arrays(_PHOTOGRAPHS[:, :2], np.zeros(5, np.int64)), "has features of shape"),
        (_arrays(_PHOTOGRAPHS * np.nan, np.zeros(5, np.int64)), "has features that is not finite"),
        (lambda folder: (folder / limited_classes.PHOTOGRAPHS).unlink(), "photographs.npz"),
    ],
)
def test_a_damaged_record_is_an_error(damage: Callable[[Path], object], trouble: str, tmp_path: Path) -> None:
    _CLASSES.save(tmp_path)
    damage(tmp_path)
    with pytest.raises(errors.DamagedError) as caught:
        limited_classes.load(tmp_path, ("old", "a", "b", "c"), 3)
    assert trouble in str(caught.value)
