# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Describe a zero-shot benchmark: its published counts, files, images and descriptions of classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.data import photographs, zero_shot
from niwt_tf.data.benchmarks import download_sites, fetch_files, split_files

ImagesOfClasses = Mapping[str, Sequence[str]]


@dataclasses.dataclass(frozen=True)
class Counts:
    """Published sizes of a proposed split: numbers of images and of classes."""

    train: int
    test_seen: int
    test_unseen: int
    seen: int
    unseen: int


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


def _no_annotations(files: BenchmarkFiles) -> None:
    del files


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """A dataset with a proposed split.

    Attributes:
      name: Name of the dataset, a value of the setting `dataset`.
      counts: Published sizes of the split.
      images: Function that lists all images below their folder, in the order in which a split without names counts
        them.
      descriptions: Function that builds the descriptions of classes from the files, the names of the classes, and a
        function that lists, for each class, the names of the images whose text may be read.
      reuse: Function that copies the images from another prepared dataset; its arguments are the folder of prepared
        datasets and the folder of the images.
      annotations: Function from the files to a function that reads the boxes of images by name; None instead of the
        latter if there are no boxes.
      part_of: Function from the name of a feature to a part, as in `ZeroShotDataset`.
    """

    name: str
    counts: Counts
    images: Callable[[Path], Sequence[photographs.Photograph]]
    descriptions: Callable[[BenchmarkFiles, Sequence[str], Callable[[], ImagesOfClasses]], zero_shot.Descriptions]
    reuse: Callable[[Path, Path], None] | None = None
    annotations: Callable[[BenchmarkFiles], Callable[[Sequence[str]], zero_shot.Annotations] | None] = _no_annotations
    part_of: Callable[[str], str | None] = zero_shot.no_part

    @property
    def site(self) -> download_sites.Site:
        """Site that publishes the images."""
        return download_sites.SITES[self.name]

    def fetch_images(self, root: Path, prepared_dir: Path) -> Path:
        """Find the folder of images below `root`; if it is missing, reuse, unpack or download them.

        Args:
          root: Folder that is searched for published files.
          prepared_dir: Folder of prepared datasets.

        Raises:
          errors.UserError: If the images cannot be obtained; the message lists all paths searched.
          OSError: If `root` cannot be read or written.
        """
        site = self.site
        if self.reuse and not site.find_images(root):
            self.reuse(prepared_dir, root / site.folder)
        return fetch_files.fetch(lambda: site.find_images(root), site.images(root), root)
