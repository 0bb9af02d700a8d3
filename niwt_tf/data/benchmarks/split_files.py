# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Find the files of the proposed splits of Xian et al. A run's fingerprint depends on them: imports nothing heavy."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from niwt_tf.data.benchmarks import download_sites, fetch_files
from niwt_tf.util import checksum
from niwt_tf.util import paths as paths_lib

MAT_FILES = ("att_splits.mat", "sent_splits.mat")
ORDER, VALIDATION_CLASSES = "res101.mat", "valclasses1.txt"  # read beside a split, if they are there
LISTS = ("image_label_PS.txt", "test_seen_PS.txt", "testclasses.txt")
PAGE = (
    "https://www.mpi-inf.mpg.de/departments/computer-vision-and-machine-learning/research/zero-shot-learning/"
    "zero-shot-learning-the-good-the-bad-and-the-ugly"
)
_ARCHIVE = fetch_files.Archive("https://datasets.d2.mpi-inf.mpg.de/xian/xlsa17.zip", 900)


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
    def content(self) -> str:
        """SHA-256 of these files, and of those beside them that are read with them: see `splits`."""
        companions = (self.folder / name for name in (ORDER, VALIDATION_CLASSES))
        files = (*self.paths, *filter(paths_lib.has_file, companions))
        return checksum.remembered_tree((path.name, path) for path in files)

    @property
    def folder(self) -> Path:
        """Folder of the files."""
        return self.paths[0].parent


def folders(dataset: str, root: Path) -> tuple[Path, ...]:
    """List the folders below `root` that may hold files of a benchmark and of its split, in the order of search."""
    site = download_sites.SITES[dataset]
    split = site.split_folder
    return (root / "xlsa17" / "data" / split, root / "data" / split, root / split, root / site.folder, root)


def find(candidate_folders: Sequence[Path]) -> SplitFile | None:
    """Find the first split in one of the folders, MATLAB files before lists; None if there is none."""
    candidates: list[tuple[Path, ...]] = [(folder / name,) for name in MAT_FILES for folder in candidate_folders]
    candidates += [tuple(folder / name for name in LISTS) for folder in candidate_folders]
    for paths in candidates:
        if all(path.is_file() for path in paths):
            return SplitFile(paths, checksum.sha256(*paths))
    return None


def fetch_split(dataset: str, root: Path) -> SplitFile:
    """Find the proposed split of a benchmark; unpack or download it if it is not below `root` yet.

    Raises:
      errors.UserError: If the split cannot be fetched; the message lists all paths searched.
      OSError: If `root` cannot be read or written.
    """
    candidate_folders, site = folders(dataset, root), download_sites.SITES[dataset]
    paths = [folder / name for folder in candidate_folders for name in (MAT_FILES[0], LISTS[0])]
    files = fetch_files.PublishedFiles(f"proposed split of {dataset}", paths, (_ARCHIVE,), PAGE)
    also_missing = "" if site.find_images(root) else "\n\n" + site.images(root).missing(root)
    return fetch_files.fetch(lambda: find(candidate_folders), files, root, also_missing)
