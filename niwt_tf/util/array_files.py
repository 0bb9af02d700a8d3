# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read NumPy's files without pickle; what a header declares is compared with the file's size before any allocation."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from niwt_tf import errors
from niwt_tf.util import paths, zip_files

_TIMES = 10  # NumPy's savez does not compress
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read(path: Path, mapped: bool = False) -> np.ndarray:
    """Read an `.npy` file.

    Args:
      path: Path of the file.
      mapped: True to map the array from disk in place of reading it.

    Raises:
      errors.DamagedError: If it is missing, no such file, or damaged.
      OSError: If it cannot be read.
    """
    require(path)
    try:
        with path.open("rb") as file:
            _check_header(file, path.stat().st_size)
        return np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except ValueError as error:
        raise errors.damaged(path, f"is not a complete array: {errors.first_line(error)}") from None


def read_all(path: Path) -> dict[str, np.ndarray]:
    """Read all arrays of an `.npz` file.

    Raises:
      errors.DamagedError: If it is missing, no such file, or damaged.
      OSError: If it cannot be read.
    """
    require(path)
    try:
        with zip_files.opened(path, _TIMES) as archive:
            return {one.filename.removesuffix(".npy"): _member(path, archive, one) for one in archive.infolist()}
    except zip_files.DamagedZipError as error:
        raise errors.damaged(path, str(error)) from None


def require(path: Path) -> Path:
    """Check that a file is there and regular, and return its path.

    Raises:
      errors.DamagedError: If not.
    """
    if trouble := paths.trouble(path):
        raise errors.damaged(path, "does not exist" if trouble == "no such file" else f"is {trouble}")
    return path


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    try:
        with archive.open(member) as file:
            _check_header(file, member.file_size)
    except ValueError as error:
        name = errors.clipped(member.filename)
        raise errors.damaged(path, f"has {name}, which is not a complete array: {errors.first_line(error)}") from None
    with archive.open(member) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
        file.read()  # to the end, where the checksum is compared
        return array


def _check_header(file: IO[bytes], size: int) -> None:
    """Check that a header declares exactly what `size` bytes hold.

    Raises:
      ValueError: If not.
    """
    shape, _, dtype = _header(file)
    if dtype.hasobject or not dtype.itemsize:
        raise ValueError(f"it holds {'objects' if dtype.hasobject else 'nothing'} in place of numbers or text")
    if any(side < 0 for side in shape) or math.prod(shape) * dtype.itemsize != size - file.tell():
        raise ValueError(
            f"{errors.clipped(str(shape), 60)} of {errors.clipped(str(dtype), 60)} does not fit into {size:,} bytes"
        )


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    try:
        return _HEADERS[np.lib.format.read_magic(file)](file)
    except Exception as error:  # its type depends on what is wrong with the header, which NumPy parses as Python
        raise ValueError(f"its header cannot be read ({type(error).__name__})") from None
