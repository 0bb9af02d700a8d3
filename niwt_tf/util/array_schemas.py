# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Declare the arrays that files of niwt_tf hold, and read them by these declarations.

A class that writes arrays declares them beside its `save`. `json_schemas` is the same for JSON files.
"""

from __future__ import annotations

import collections
import dataclasses
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from niwt_tf import errors
from niwt_tf.util import array_files, paths

_BLOCK = 2**22  # numbers checked at a time
PRESENT = math.inf  # format of the files of runs, and of what the program writes: it holds all that is declared
_KINDS = {"float": np.floating, "int": np.integer, "text": np.str_}


class Sizes:
    """Sizes by letter, such as `C` for the number of classes, which the files of a model must agree on."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, str]] = {}
        self._largest: dict[str, tuple[int, str]] = {}
        self._names: dict[str, tuple[tuple[str, ...], str]] = {}

    def require(self, path: Path, name: str, letters: Iterable[str], shape: Sequence[int]) -> None:
        """Check that a shape agrees with the sizes that are known, and learn the others from it.

        Args:
          path: File that the shape is from.
          name: Description of what has the shape.
          letters: Letter of each side.
          shape: Size of each side.

        Raises:
          errors.DamagedError: If they differ.
        """
        for letter, size in zip(letters, shape, strict=True):
            known, source = self._known.setdefault(letter, (size, f"{name} of {path.name}"))
            if size != known:
                raise errors.damaged(path, f"has {name} of shape {list(shape)}, where {source} has {known:,} {letter}")
            self._require_index(path, name, letter)

    def require_names(self, path: Path, name: str, letter: str, names: Sequence[str]) -> None:
        """Check that the names of what a letter counts, such as the classes, are those in the other files.

        Raises:
          errors.DamagedError: If they are not.
        """
        self.require(path, name, letter, [len(names)])
        known, source = self._names.setdefault(letter, (tuple(names), f"{name} of {path.name}"))
        if tuple(names) != known:
            raise errors.damaged(path, f"has other {name} than {source}")

    def require_below(self, path: Path, name: str, letter: str, index: int) -> None:
        """Check that an index is below the size of a letter, now or as soon as that is known.

        Raises:
          errors.DamagedError: If it is not.
        """
        if index > self._largest.get(letter, (-1, ""))[0]:
            self._largest[letter] = index, f"{name} of {path.name}"
        self._require_index(path, name, letter)

    def _require_index(self, path: Path, name: str, letter: str) -> None:
        size, _ = self._known.get(letter, (math.inf, ""))
        index, source = self._largest.get(letter, (-1, ""))
        if index >= size:
            raise errors.damaged(path, f"has {name} that does not fit: {source} has the index {index:,} of {size:,}")


ROUNDING = 1e-6  # that a computed number may exceed its limit by


@dataclasses.dataclass(frozen=True)
class Array:
    """What an array of a file must be. Numbers must be finite, and text must be UTF-8.

    Attributes:
      dtype: NumPy's name of the type, or `float`, `int` or `text` for any size of it.
      shape: Letter of each side, see `Sizes`; empty for a single number or text.
      minimum: Smallest number, but for rounding.
      maximum: Largest number, but for rounding.
      below: Letter whose size is above all numbers, which are indices; empty for none.
      may_be_empty: True if the array may have no elements; its shape is then of no importance.
      is_unique: True for a list of names, in which no text occurs twice, and which all files agree on.
      since: First format of bundles that holds the array.
      is_optional: True if a file may lack the array, in any format.
      stays_on_disk: True if its numbers are not checked: whoever reads them from disk uses `require_finite`.
    """

    dtype: str
    shape: str = ""
    minimum: float = -math.inf
    maximum: float = math.inf
    below: str = ""
    may_be_empty: bool = False
    is_unique: bool = False
    since: int = 1
    is_optional: bool = False
    stays_on_disk: bool = False

    def check(self, path: Path, name: str, array: np.ndarray, sizes: Sizes) -> None:
        """Check an array that was read from a file.

        Raises:
          errors.DamagedError: If it is something else.
        """
        kind = _KINDS.get(self.dtype) or np.dtype(self.dtype).type
        if not np.issubdtype(array.dtype, kind) or not array.dtype.isnative:
            raise errors.damaged(path, f"has {name} of type {errors.clipped(str(array.dtype), 60)}, not {self.dtype}")
        if array.ndim != len(self.shape):
            raise errors.damaged(
                path, f"has {name} of shape {list(array.shape)}, which must be [{','.join(self.shape)}]"
            )
        if array.size:
            sizes.require(path, name, self.shape, array.shape)
            self._check_content(path, name, array, sizes)
        elif not self.may_be_empty:
            raise errors.damaged(path, f"has {name} of shape {list(array.shape)}, which is empty")

    def _check_content(self, path: Path, name: str, array: np.ndarray, sizes: Sizes) -> None:
        if self.dtype == "text":
            texts = _require_texts(path, name, array, self.is_unique)
            if self.is_unique:
                sizes.require_names(path, name, self.shape, texts)
        elif not self.stays_on_disk:
            require_finite(path, name, array)
            least, most = array.min(), array.max()
            if least < self.minimum - ROUNDING or most > self.maximum + ROUNDING:
                rule = f"numbers{limits(self.minimum, self.maximum)}"
                raise errors.damaged(path, f"has {name} from {least:g} to {most:g}, which must be {rule}")
        if self.below:
            sizes.require_below(path, name, self.below, int(array.max()))


def read_all(
    path: Path, schema: Mapping[str, Array], sizes: Sizes | None = None, bundle_format: float = PRESENT
) -> dict[str, np.ndarray]:
    """Read the arrays of an `.npz` file; others than those of the schema are left out.

    Args:
      path: Path of the file.
      schema: Name -> what the array must be. `*/name` stands for the arrays of that name in any group, whose sizes
        need to agree within the group alone.
      sizes: Sizes of the model's other files.
      bundle_format: Format of the bundle that the file is from.

    Raises:
      errors.DamagedError: If the file is missing or damaged, or holds something else.
      OSError: If it cannot be read.
    """
    arrays, sizes = array_files.read_all(path), sizes or Sizes()
    declared_here = {name: one for name, one in schema.items() if not name.startswith("*") and not one.is_optional}
    required = {name for name, one in declared_here.items() if one.since <= bundle_format}
    if missing := sorted(required - arrays.keys()):
        raise errors.damaged(path, f"has no {errors.listed(missing)}")
    read, groups = {}, collections.defaultdict[str, Sizes](Sizes)
    for name, array in arrays.items():
        group, _, own_name = name.rpartition("/")
        if declared := schema.get(f"*/{own_name}" if group else name):
            declared.check(path, name, array, groups[group] if group else sizes)
            read[name] = array
    return read


def read(path: Path, schema: Array, sizes: Sizes | None = None, mapped: bool = False) -> np.ndarray:
    """Read the array of an `.npy` file.

    Args:
      path: Path of the file.
      schema: What the array must be.
      sizes: Sizes of the model's other files.
      mapped: True to map the array from disk in place of reading it.

    Raises:
      errors.DamagedError: If the file is missing or damaged, or holds something else.
      OSError: If it cannot be read.
    """
    array = array_files.read(path, mapped)
    schema.check(path, path.stem, array, sizes or Sizes())
    return array


def limits(minimum: float, maximum: float) -> str:
    """Word limits to follow "number"; empty if there are none."""
    if math.isinf(maximum):
        return "" if math.isinf(minimum) else f" of at least {minimum:g}"
    return f" of at most {maximum:g}" if math.isinf(minimum) else f" from {minimum:g} to {maximum:g}"


def require_finite(path: Path, name: str, array: np.ndarray) -> None:
    """Check that numbers of a file are finite.

    Raises:
      errors.DamagedError: If one is not.
    """
    flat = array.reshape(-1)
    if array.dtype.kind == "f" and not all(
        np.isfinite(flat[first : first + _BLOCK]).all() for first in range(0, array.size, _BLOCK)
    ):
        raise errors.damaged(path, f"has {name} that is not finite")


def _require_texts(path: Path, name: str, array: np.ndarray, is_unique: bool) -> list[str]:
    codes = np.ascontiguousarray(array).reshape(-1).view(np.uint32)
    is_text = codes.max() <= sys.maxunicode  # NumPy stores any number as a character
    texts = array.reshape(-1).tolist() if is_text else []
    if not is_text or not all(map(paths.is_text, texts)):
        raise errors.damaged(path, f"has {name} that is no text")
    if is_unique and len(set(texts)) < len(texts):
        raise errors.damaged(path, f"has {name} with the same name twice")
    return texts
