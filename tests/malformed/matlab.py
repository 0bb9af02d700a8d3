# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""MATLAB files of benchmarks: features, splits and attributes, damaged or with variables of other types and shapes."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io
import scipy.sparse

from malformed import mutations
from niwt_tf.baselines import xlsa17
from niwt_tf.data import class_attributes
from niwt_tf.data.benchmarks import split_files, splits
from niwt_tf.util import checksum

_CLASSES = ("ant", "bee", "cat", "dog", "eel", "fox")
_EACH = 10  # images of a class
_FILES = [f"{name}/{number}.jpg" for name in _CLASSES for number in range(_EACH)]
_FEATURES, _SPLIT = "res101.mat", "att_splits.mat"


def cases(seed: int, count: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the cases, see `harness`."""
    return mutations.deal(_MAKERS, seed, count, folder)


def _cells(texts: Any) -> np.ndarray:
    cells = np.empty((len(texts), 1), object)
    cells[:, 0] = list(texts)
    return cells


def _variables(rng: np.random.Generator) -> dict[str, dict[str, Any]]:
    """Build both files of a benchmark: four seen classes, of which one is pseudo-unseen, and two unseen."""
    labels = np.repeat(np.arange(6), _EACH)
    positions = np.arange(1, len(labels) + 1)
    is_test = (positions % 5 == 0) & (labels < 4)

    def column(mask: np.ndarray) -> np.ndarray:
        return positions[mask].astype(np.uint16)[:, None]

    seen = labels < 4
    vectors = rng.uniform(0, 1, (5, 6))
    split = {
        "att": vectors / np.linalg.norm(vectors, axis=0),
        "original_att": vectors * 100,
        "allclasses_names": _cells(_CLASSES),
        "trainval_loc": column(seen & ~is_test),
        "test_seen_loc": column(is_test),
        "test_unseen_loc": column(labels >= 4),
        "train_loc": column((labels < 3) & ~is_test),
        "val_loc": column((labels == 3) & ~is_test),
    }
    images = {
        "features": rng.normal(size=(7, len(labels))),
        "labels": (labels + 1).astype(np.uint8)[:, None],
        "image_files": _cells([f"/home//authors/JPEGImages/{name}" for name in _FILES]),
    }
    return {_SPLIT: split, _FEATURES: images}


def _write(place: Path, contents: dict[str, dict[str, Any]], **options: Any) -> None:
    for name, variables in contents.items():
        scipy.io.savemat(place / name, variables, **options)


def _read(rng: np.random.Generator, place: Path) -> list[Any]:
    """Read both files in all ways of programs, and check that all numbers are finite and the split is one."""
    path = place / _SPLIT
    data = xlsa17.load(place)
    split = splits.read(
        split_files.SplitFile((path,), checksum.sha256(path)), _FILES, [f.split("/")[0] for f in _FILES]
    )
    attributes = class_attributes.read_mat(path, _CLASSES)
    embeddings = class_attributes.read_embeddings(path, _CLASSES)
    arrays = [data.problem.features, data.problem.vectors, *attributes.values.values(), *embeddings.values.values()]
    if not all(np.isfinite(array).all() for array in arrays[:2]) or any(np.isinf(array).any() for array in arrays[2:]):
        mutations.must_refuse(arrays)
    return [arrays, {part: indices.tolist() for part, indices in split.parts.items()}]


def _damaged(rng: np.random.Generator, place: Path) -> object:
    contents = _variables(rng)
    _write(place, contents, do_compression=bool(rng.random() < 0.5))
    path = place / mutations.choose(rng, contents)
    path.write_bytes(mutations.damage(rng, path.read_bytes()))
    return len(_read(rng, place))


def _strange_value(rng: np.random.Generator, value: np.ndarray) -> tuple[str, Any]:
    """Replace a variable by one of another type or shape, none of which can stand for it."""
    numbers = np.zeros((3, 3)) if value.dtype == object else value.astype(float)
    cell = np.empty((2, 2), object)
    cell[:] = [[numbers, numbers], ["text", np.zeros(0)]]
    not_finite = numbers.copy()
    not_finite.flat[0] = mutations.choose(rng, (np.nan, np.inf, -np.inf))
    values = {
        "a text": "text",
        "texts": np.array(["some", "text"]),
        "a cell of arrays": cell,
        "a struct": {"a": numbers, "b": "text"},
        "structs": np.array([(1, "a"), (2, "b")], [("x", "f8"), ("y", "O")]),
        "nothing": np.zeros((0, 0)),
        "a number": 5.0,
        "complex": numbers + 1j,
        "three dimensions": np.zeros((2, 2, 2)),
        "not finite": not_finite,
        "huge": np.full(numbers.shape, 1e300),
        "sparse and of another size": scipy.sparse.csc_matrix(np.eye(4)),
        "an empty cell": np.empty((0, 0), object),
        "booleans": np.zeros((2, 3), bool),
        "too short": numbers[:, :-1] if numbers.shape[1] > 1 else numbers[:-1],
        "transposed": np.ascontiguousarray(numbers.T),
    }
    if value.dtype == object:
        values = {name: one for name, one in values.items() if name not in ("not finite", "huge")}
    name = mutations.choose(rng, values)
    return str(name), values[name]


def _replaced(rng: np.random.Generator, place: Path) -> object:
    contents = _variables(rng)
    file = mutations.choose(rng, contents)
    variable = mutations.choose(rng, contents[file])
    name, contents[file][variable] = _strange_value(rng, contents[file][variable])
    _write(place, contents)
    result = _read(rng, place)
    if (name, variable) not in {("transposed", one) for one in _VECTORS}:
        mutations.must_refuse((file, variable, name, result))
    return result


_VECTORS = ("labels", "trainval_loc", "test_seen_loc", "test_unseen_loc", "train_loc", "val_loc")


def _stored_otherwise(rng: np.random.Generator, place: Path) -> object:
    """Store a variable in another way that says the same: the result is equal, or it is told."""
    contents = _variables(rng)
    _write(place, contents)
    expected = _read(rng, place)
    file = mutations.choose(rng, contents)
    variable = mutations.choose(rng, [name for name, value in contents[file].items() if value.dtype != object])
    value = contents[file][variable]
    ways = {
        "sparse": lambda: scipy.sparse.csc_matrix(value),
        "doubles": lambda: value.astype(np.float64),
        "a row": lambda: value.reshape(1, -1) if value.shape[1] == 1 else value,
        "big integers": lambda: value.astype(np.int64) if value.shape[1] == 1 else value,
    }
    contents[file][variable] = mutations.choose(rng, ways.values())()
    _write(place, contents)
    result = _read(rng, place)
    if repr(result) != repr(expected):
        mutations.must_refuse((variable, result))
    return "equal"


def _positions(rng: np.random.Generator, place: Path) -> object:
    """Give positions or labels that are fractions, out of range, or repeated: they must be told."""
    contents = _variables(rng)
    file = mutations.choose(rng, contents)
    variable = "labels" if file == _FEATURES else mutations.choose(rng, _VECTORS[1:])
    numbers = contents[file][variable].astype(float)
    numbers.flat[0] = mutations.choose(rng, (1.5, -1, 0, 0.0001, 61, 1e9, 2.0**63, 1e300, np.nan, np.inf, -np.inf))
    contents[file][variable] = numbers
    _write(place, contents)
    mutations.must_refuse((variable, numbers.flat[0], _read(rng, place)))
    return None


def _names(rng: np.random.Generator, place: Path) -> object:
    """Change the names of classes or images."""
    contents = _variables(rng)
    file, variable = mutations.choose(rng, ((_SPLIT, "allclasses_names"), (_FEATURES, "image_files")))
    cells = contents[file][variable]
    values: tuple[Any, ...] = (*mutations.STRANGE_TEXTS, 5, np.zeros(3), np.zeros(0), _cells(["a"]), 1j, cells[1, 0])
    cells[0, 0] = mutations.choose(rng, values)
    _write(place, contents)
    mutations.must_refuse((variable, cells[0, 0], _read(rng, place)))
    return None


def _left_out(rng: np.random.Generator, place: Path) -> object:
    contents = _variables(rng)
    file = mutations.choose(rng, contents)
    variable = mutations.choose(rng, contents[file])
    value = contents[file].pop(variable)
    contents[file][mutations.choose(rng, (variable.upper(), f"{variable}_", "x"))] = value
    _write(place, contents)
    result = _read(rng, place)
    if variable != "original_att":
        mutations.must_refuse((variable, result))
    return result


def _misplaced(rng: np.random.Generator, place: Path) -> object:
    _write(place, _variables(rng))
    mutations.misplace(rng, place / mutations.choose(rng, (_SPLIT, _FEATURES)))
    mutations.must_refuse(_read(rng, place))
    return None


def _new_format(rng: np.random.Generator, place: Path) -> object:
    """Write version 7.3, which is HDF5, whole or damaged."""
    contents = _variables(rng)
    _write(place, contents)
    file = mutations.choose(rng, contents)
    with h5py.File(place / file, "w", userblock_size=512) as opened:
        for name, value in contents[file].items():
            if value.dtype != object:
                opened[name] = value
    head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    content = head + (place / file).read_bytes()[128:]
    (place / file).write_bytes(content if rng.random() < 0.5 else mutations.damage(rng, content))
    mutations.must_refuse(_read(rng, place))
    return None


def _element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def _array(name: str, shape: tuple[int, ...], data: bytes, claimed: int | None = None) -> bytes:
    flags = _element(6, struct.pack("<II", 6, 0))
    sizes = _element(5, struct.pack(f"<{len(shape)}i", *shape))
    numbers = struct.pack("<II", 9, len(data) if claimed is None else claimed) + data
    content = flags + sizes + _element(1, name.encode()) + numbers
    return struct.pack("<II", 14, len(content)) + content


def _bomb(rng: np.random.Generator, place: Path) -> object:
    """Claim very many numbers, or pack very many zeros."""
    _write(place, _variables(rng))
    zeros = zlib.compress(bytes(2**26), 9)
    claimed = int(mutations.choose(rng, (2**31 - 1, 2**32 - 1, 2**20)))
    large = 2**29 - 2**20
    stream = zlib.compressobj(9)
    bombs = {
        "claims much": lambda: _array("features", (7, 60), bytes(64), claimed),
        "a large shape": lambda: _array("features", (2**31 - 1, 2**31 - 1), bytes(64)),
        "a negative shape": lambda: _array("features", (-5, 60), bytes(64)),
        "no shape": lambda: _array("features", (), bytes(64)),
        "packed": lambda: _element(15, zeros),
        "packed variable": lambda: _element(15, zlib.compress(_array("features", (1, 2**24), bytes(2**27)), 1)),
        "a large packed variable": lambda: _element(
            15,
            stream.compress(_array("features", (1, large // 8), b"", large))
            + stream.compress(bytes(large))
            + stream.flush(),
        ),
        "deep cells": lambda: _deep(3_000),
    }
    content = io.BytesIO()
    content.write(b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + mutations.choose(rng, bombs.values())())
    (place / _FEATURES).write_bytes(content.getvalue())
    mutations.must_refuse(_read(rng, place))
    return None


def _deep(levels: int) -> bytes:
    content = b""
    for _ in range(levels):
        flags, sizes = _element(6, struct.pack("<II", 1, 0)), _element(5, struct.pack("<ii", 1, 1))
        content = flags + sizes + _element(1, b"features") + content
        content = struct.pack("<II", 14, len(content)) + content
    return content


_MAKERS: dict[str, mutations.Maker] = {
    "damaged": _damaged,
    "damaged again": _damaged,
    "damaged once more": _damaged,
    "replaced": _replaced,
    "replaced again": _replaced,
    "replaced once more": _replaced,
    "stored otherwise": _stored_otherwise,
    "positions": _positions,
    "positions again": _positions,
    "names": _names,
    "left out": _left_out,
    "misplaced": _misplaced,
    "version 7.3": _new_format,
    "a bomb": _bomb,
}
