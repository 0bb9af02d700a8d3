# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Finds the files of the proposed splits of Xian et al. A run's fingerprint depends on them: imports nothing heavy."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from niwt_tf.data.benchmarks import obtain, sites
from niwt_tf.util import checksum

MAT_FILES = ("att_splits.mat", "sent_splits.mat")
LISTS = ("image_label_PS.txt", "test_seen_PS.txt", "testclasses.txt")
PAGE = (
    "https://www.mpi-inf.mpg.de/departments/computer-vision-and-machine-learning/research/zero-shot-learning/"
    "zero-shot-learning-the-good-the-bad-and-the-ugly"
)
_ARCHIVE = obtain.Archive("https://datasets.d2.mpi-inf.mpg.de/xian/xlsa17.zip", "0.9 GB")


@dataclasses.dataclass(frozen=True)
class SplitFile:
    """Files of a split.

    Attributes:
      paths: MATLAB file, or the three lists.
      sha256: SHA-256 of these files, one after the other.
    """

    paths: tuple[Path, ...]
    sha256: str

    @property
    def folder(self) -> Path:
        """Folder of the files."""
        return self.paths[0].parent


def folders(dataset: str, root: Path) -> tuple[Path, ...]:
    """List the folders below `root` that may hold files of a benchmark and of its split, in the order of search."""
    site = sites.SITES[dataset]
    split = site.split_folder
    return (root / "xlsa17" / "data" / split, root / "data" / split, root / split, root / site.folder, root)


def find(places: Sequence[Path]) -> SplitFile | None:
    """Find the first split in one of `places`, MATLAB files before lists; None if there is none."""
    candidates: list[tuple[Path, ...]] = [(place / name,) for name in MAT_FILES for place in places]
    candidates += [tuple(place / name for name in LISTS) for place in places]
    for paths in candidates:
        if all(path.is_file() for path in paths):
            return SplitFile(paths, checksum.sha256(*paths))
    return None


def obtain_split(dataset: str, root: Path) -> SplitFile:
    """Find the proposed split of a benchmark; unpack or download it if it is not below `root` yet.

    Raises:
      errors.UserError: If the split cannot be obtained; the message lists all paths checked.
      OSError: If `root` cannot be read or written.
    """
    places, site = folders(dataset, root), sites.SITES[dataset]
    looked = [place / name for place in places for name in (MAT_FILES[0], LISTS[0])]
    also_missing = ""
    if not site.find_images(root):
        also_missing = "\n\n" + obtain.told(f"images of {dataset}", site.places(root), site.archives, site.page, root)
    return obtain.obtain(
        lambda: find(places), f"proposed split of {dataset}", looked, (_ARCHIVE,), PAGE, root, also_missing
    )
