# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A few numbers that stand for all those in an artefact of a stage, and that rounding hardly changes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Numbers = dict[str, list[float]]  # name of an array, or of a key in JSON -> count, mean, root mean square, projections

_WITHOUT_NUMBERS = ("fingerprint.json", "seconds.json", "config.json", "metadata.json")
_LISTS_OF_EXAMPLES = ("neurons.json", "decisions.json")  # whose order, and so whose choice, rounding may change
_OF_SCALARS = 0.05  # such as accuracies, where one image more or less may be right
_ENVIRONMENT = ("packages", "machine")


def summarize(folder: Path) -> Numbers:
    """Summarizes every array and every number in JSON below a folder, and names the kinds of its other files."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in _WITHOUT_NUMBERS)
    named = (pair for path in paths for pair in _arrays(path, path.relative_to(folder).as_posix()))
    return {name: _summarize(array) for name, array in named if array.size and array.dtype.kind in "fiub"}


def differences(found: Numbers, golden: Numbers, tolerance: float) -> list[str]:
    """Lists what differs by more than `tolerance` times the size of an array, or `_OF_SCALARS` for a single number."""
    told = [f"{name} is {'new' if name in found else 'gone'}" for name in sorted(found.keys() ^ golden.keys())]
    common = sorted(found.keys() & golden.keys())
    return told + [
        f"{name} was {golden[name]}, and is {found[name]}"
        for name in common
        if not _are_close(found[name], golden[name], tolerance)
    ]


def _are_close(found: list[float], golden: list[float], tolerance: float) -> bool:
    (count, *values), (golden_count, *golden_values) = found, golden
    if count != golden_count:
        return False
    if count == 1:
        return abs(values[0] - golden_values[0]) <= _OF_SCALARS * max(1.0, abs(golden_values[0]))
    size, projections = golden_values[1], np.maximum(np.abs(golden_values[2:]), 1.0)
    return bool((np.abs(np.subtract(values, golden_values)) <= tolerance * np.array([size, size, *projections])).all())


def _arrays(path: Path, name: str) -> Iterator[tuple[str, np.ndarray]]:
    if path.suffix == ".npy":
        yield name, np.load(path, allow_pickle=False)
    elif path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as saved:
            yield from ((f"{name}/{key}", saved[key]) for key in saved)
    elif path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            yield name, _weights(io.BytesIO(archive.read("model.weights.h5")))
    elif path.suffix == ".json" and path.name not in _LISTS_OF_EXAMPLES:
        yield from ((f"{name}/{key}", np.array(value, float)) for key, value in _numbers(json.loads(path.read_text())))
    else:
        yield "other files: tfevents" if ".tfevents." in name else f"other files: {path.suffix}", np.ones(1)


def _weights(file: io.BytesIO) -> np.ndarray:
    """Reads all weights of a network, one after the other."""
    found: list[np.ndarray] = []
    with h5py.File(file) as weights:
        weights.visititems(lambda _, item: found.append(item[()].ravel()) if isinstance(item, h5py.Dataset) else None)
    return np.concatenate(found)


def _numbers(value: Any, key: str = "") -> Iterator[tuple[str, float]]:
    """Yields the numbers in JSON with their keys; what tells of this machine is left out."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name not in _ENVIRONMENT:
                yield from _numbers(one, f"{key}.{name}".strip("."))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield key, value


def _summarize(array: np.ndarray) -> list[float]:
    """Computes the count, mean, root mean square, and two projections, which tell the order of the numbers."""
    values = np.nan_to_num(array.astype(np.float64).ravel())
    size = float(np.sqrt(np.square(values).mean()))
    places = np.arange(len(values))
    waves = [np.cos(frequency * places + 0.5) for frequency in (1.0, 0.1)]
    projections = [float(values @ wave / np.linalg.norm(wave) / (size or 1.0)) for wave in waves]
    return [float(f"{number:.6g}") for number in (len(values), values.mean(), size, *projections)]
