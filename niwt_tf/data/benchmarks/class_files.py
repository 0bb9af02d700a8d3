# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Find the files that describe the classes of a benchmark, or outline its objects. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.data.benchmarks import split_files

Names = Sequence[str]  # alternative names of one file or folder, in the order of search


@dataclasses.dataclass(frozen=True)
class ClassFiles:
    """The files that a benchmark's layout reads, besides its images and their split.

    Attributes:
      by_domain: Domain -> names of all that its descriptions are read from; a path in this package is absolute.
      annotations: Names of the files that outline objects and their parts.
    """

    by_domain: Mapping[str, Sequence[Names]]
    annotations: Sequence[Names] = ()


@dataclasses.dataclass(frozen=True)
class BenchmarkFiles:
    """The files of a benchmark.

    Attributes:
      folders: Folders to search, in this order; the images may be gone from there once they are prepared.
    """

    folders: tuple[Path, ...]

    def find(self, *names: str) -> Path | None:
        """Find the first file or folder of one of these names, such as `attributes/attributes.txt`; None if none is."""
        paths = (folder / name for name in names for folder in self.folders)
        return next((path for path in paths if path.exists()), None)

    def require(self, *names: str) -> Path:
        """Find the first file or folder of one of these names, which must exist.

        Raises:
          errors.UserError: If there is none; the message lists all paths searched.
        """
        path = self.find(*names)
        if path is None:
            paths = "\n  ".join(str(folder / name) for name in names for folder in self.folders)
            raise errors.UserError(
                f"The file that describes the classes must exist. Received: none of these paths:\n  {paths}\nPut the "
                f"file there, name its folder with {errors.setting('data_dir')}, or choose another "
                f"{errors.setting('domain')}."
            )
        return path

    def mat(self) -> Path:
        """Find the MATLAB file of the split, which holds its attributes.

        Raises:
          errors.UserError: If the split consists of lists only.
        """
        return self.require(split_files.MAT_FILES[0])
