# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Fill arrays on disk batch by batch; after an interruption, a new call resumes after the last finished batch."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from niwt_tf import errors
from niwt_tf.util import array_files, json_files, json_schemas, progress

_PROGRESS = "progress.json"
_PROGRESS_SCHEMA = json_schemas.Record({"images": json_schemas.Number(0, is_whole=True)})


@dataclasses.dataclass(frozen=True)
class DiskArrays:
    """Arrays in `<name>.npy` of a folder, mapped into memory.

    Attributes:
      folder: Folder of the files.
      arrays: Name -> array.
      done: Number of images that earlier calls finished.
    """

    folder: Path
    arrays: Mapping[str, np.memmap]
    done: int

    @classmethod
    def open(cls, folder: Path, shapes: Mapping[str, tuple[tuple[int, ...], type]]) -> DiskArrays:
        """Open the arrays of a call that was interrupted, or create new ones.

        Args:
          folder: Folder that no other arrays use until these are filled.
          shapes: Name -> shape and type, the same in each call.

        Raises:
          OSError: If the disk has no room for them.
        """
        done = _done(folder, shapes)
        mode: Literal["r+", "w+"] = "r+" if done else "w+"
        arrays = {}
        for name, (shape, dtype) in shapes.items():
            arrays[name] = np.lib.format.open_memmap(folder / f"{name}.npy", mode, dtype, shape)
            _reserve(folder / f"{name}.npy")
        return cls(folder, arrays, done)

    def note(self, done: int) -> None:
        """Record that the arrays are filled for the first `done` images."""
        for array in self.arrays.values():
            array.flush()
        json_files.write(self.folder / _PROGRESS, {"images": done})


class Images(Protocol):
    """Images that are read in batches, such as `zero_shot.Split`."""

    def __len__(self) -> int:
        """Count the images."""

    def batches(self, batch_size: int, *, skip: int = 0) -> Iterable[tuple[Any, Any]]:
        """Read images and labels in batches, in the order of the images, without the first `skip` images."""


class Write(Protocol):
    """Function that writes the results of a batch of images into arrays."""

    def __call__(self, arrays: Mapping[str, np.memmap], rows: slice, images: Any, labels: Any) -> None:
        """Write the results of `images`, which are those at `rows` among all."""


def fill(
    folder: Path,
    images: Images,
    shapes: Mapping[str, tuple[tuple[int, ...], type]],
    batch_size: int,
    write: Write,
    title: str,
) -> Mapping[str, np.memmap]:
    """Fill arrays in one pass over images; a call that was interrupted resumes after the last finished batch.

    Args:
      folder: Folder of the arrays, see `DiskArrays.open`.
      images: Images to process.
      shapes: Name -> shape and type of each array.
      batch_size: Number of images in a batch.
      write: Function that writes the results of a batch.
      title: Title of the progress bar.

    Raises:
      OSError: If the disk has no room for the arrays.
    """
    files = DiskArrays.open(folder, shapes)
    done = files.done
    remaining = -(-(len(images) - done) // batch_size)
    for batch, labels in progress.bar(images.batches(batch_size, skip=done), title, remaining, unit="batch"):
        write(files.arrays, slice(done, done + len(labels)), batch, labels)
        done += len(labels)
        files.note(done)
    return files.arrays


def _done(folder: Path, shapes: Mapping[str, tuple[tuple[int, ...], type]]) -> int:
    """Read how many images are finished; none if a file is missing, damaged, or of other arrays."""
    record = json_files.read(folder / _PROGRESS)
    if _PROGRESS_SCHEMA.trouble("", record):
        return 0
    try:
        there = {name: array_files.read(folder / f"{name}.npy", mapped=True) for name in shapes}
    except errors.DamagedError:
        return 0
    for name, (shape, dtype) in shapes.items():
        if there[name].shape != shape or there[name].dtype != np.dtype(dtype):
            return 0
    return record["images"]


def _reserve(path: Path) -> None:
    """Reserve disk space for a file, or raise OSError: a write to mapped memory on a full disk ends the process."""
    if hasattr(os, "posix_fallocate"):  # not on macOS
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
