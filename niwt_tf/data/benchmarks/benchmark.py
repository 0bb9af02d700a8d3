# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What the zero-shot benchmarks have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.data import photographs, zero_shot
from niwt_tf.data.benchmarks import obtain, sites, split_files

ImagesOfClasses = Mapping[str, Sequence[str]]


@dataclasses.dataclass(frozen=True)
class Counts:
    """What was published of a proposed split: numbers of images, and of classes."""

    train: int
    test_seen: int
    test_unseen: int
    seen: int
    unseen: int


@dataclasses.dataclass(frozen=True)
class Source:
    """Where a benchmark's files lie.

    Attributes:
      folders: where to look, in this order; images may have gone from there once they are prepared.
    """

    folders: tuple[Path, ...]

    def find(self, *names: str) -> Path | None:
        """Returns the first file or folder of one of these names, such as `attributes/attributes.txt`."""
        paths = (folder / name for name in names for folder in self.folders)
        return next((path for path in paths if path.exists()), None)

    def require(self, *names: str) -> Path:
        """Returns what `find` does, which must be there.

        Raises:
          errors.UserError: with all paths looked at.
        """
        found = self.find(*names)
        if found is None:
            paths = "\n  ".join(str(folder / name) for name in names for folder in self.folders)
            raise errors.UserError(
                f"What a domain is read from must be at hand. Looked for:\n  {paths}\nPut it there, name the folder "
                "that holds it with --data_dir, or choose another --domain."
            )
        return found

    def mat(self) -> Path:
        """Returns the MATLAB file of the split, where its attributes are.

        Raises:
          errors.UserError: if the split is of lists alone.
        """
        return self.require(split_files.MAT_FILES[0])


def _no_annotations(source: Source) -> None:
    del source


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """A dataset with a proposed split.

    Attributes:
      name: of the dataset, as `--dataset` has it.
      counts: what was published of the split.
      images: the folder that holds the images -> all of them, in the order in which a split without names counts
        them.
      descriptions: what is known of classes, from the source, their names, and a function that gives for each class the
        names of the images whose text may be read.
      reuse: makes the images of another dataset, that lies in the folder of prepared ones.
      annotations: the source -> what reads the boxes of images by their names; None where there are none.
      part_of: see `ZeroShotDataset`.
    """

    name: str
    counts: Counts
    images: Callable[[Path], Sequence[photographs.Photograph]]
    descriptions: Callable[[Source, Sequence[str], Callable[[], ImagesOfClasses]], zero_shot.Descriptions]
    reuse: Callable[[Path, Path], None] | None = None
    annotations: Callable[[Source], Callable[[Sequence[str]], zero_shot.Annotations] | None] = _no_annotations
    part_of: Callable[[str], str | None] = zero_shot.no_part

    @property
    def site(self) -> sites.Site:
        """Where the images come from."""
        return sites.SITES[self.name]

    def obtain_images(self, root: Path, prepared_dir: Path) -> Path:
        """Returns the folder of images below `root`; reuses, unpacks or downloads them where they are not there.

        Args:
          root: where files that others made are looked for.
          prepared_dir: where prepared datasets lie.

        Raises:
          errors.UserError: if they cannot be had, with all paths looked at.
          OSError: if `root` cannot be read or written.
        """
        site = self.site
        if self.reuse and not site.find_images(root):
            self.reuse(prepared_dir, root / site.folder)
        what = f"images of {self.name}"
        return obtain.obtain(lambda: site.find_images(root), what, site.places(root), site.archives, site.page, root)
