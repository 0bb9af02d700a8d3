# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What the zero-shot benchmarks have in common: where their files lie, and where they come from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import requests

from niwt_tf import errors, progress
from niwt_tf.data import archives, download, splits, zero_shot

if TYPE_CHECKING:
    from niwt_tf.data import photographs

_T = TypeVar("_T")
ImagesOfClasses = Mapping[str, Sequence[str]]


@dataclasses.dataclass(frozen=True)
class Archive:
    """A file to download and unpack.

    Attributes:
      url: where it is.
      size: about how large, for the user.
      sha256: 64 hexadecimal digits; None where its source publishes none.
    """

    url: str
    size: str
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.url.split("?")[0].rsplit("/", 1)[-1]

    @property
    def is_safe(self) -> bool:
        """Whether nobody on the way could have changed the file."""
        return self.sha256 is not None or self.url.startswith("https:")


SPLITS = Archive("https://datasets.d2.mpi-inf.mpg.de/xian/xlsa17.zip", "0.9 GB")
SPLITS_PAGE = (
    "https://www.mpi-inf.mpg.de/departments/computer-vision-and-machine-learning/research/zero-shot-learning/"
    "zero-shot-learning-the-good-the-bad-and-the-ugly"
)


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
      split: the proposed split.
    """

    folders: tuple[Path, ...]
    split: splits.SplitFile

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
                f"What a domain is read from must be at hand. Looked for:\n  {paths}\nPut it there, name the folder that "
                "holds it with --data_dir, or choose another --domain."
            )
        return found

    def mat(self) -> Path:
        """Returns the MATLAB file of the split, where its attributes are.

        Raises:
          errors.UserError: if the split is of lists alone.
        """
        return self.require(splits.MAT_FILES[0])


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """A dataset with a proposed split.

    Attributes:
      name: of the dataset, as `--dataset` has it.
      page: the official page of the images.
      folder: what the archive of images unpacks to.
      image_folders: below that, what must be there.
      split_folder: the folder of its split in `xlsa17/data`.
      archives: the images.
      counts: what was published of the split.
      images: the folder -> all images, in the order in which a split without names counts them.
      descriptions: what is known of classes, from the source, their names, and a function that gives for each class the
        names of the images whose text may be read.
    """

    name: str
    page: str
    folder: str
    image_folders: tuple[str, ...]
    split_folder: str
    archives: tuple[Archive, ...]
    counts: Counts
    images: Callable[[Path], Sequence[photographs.Photograph]]
    descriptions: Callable[[Source, Sequence[str], Callable[[], ImagesOfClasses]], zero_shot.Descriptions]


def find_split(benchmark: Benchmark, root: Path) -> splits.SplitFile:
    """Returns the proposed split below `root`; unpacks or downloads it where it is not there.

    Raises:
      errors.UserError: if it cannot be had, with all paths looked at.
      OSError: if `root` cannot be read or written.
    """
    folders = [
        root / "xlsa17" / "data" / benchmark.split_folder,
        root / "data" / benchmark.split_folder,
        root / benchmark.split_folder,
        root / benchmark.folder,
        root,
    ]
    look = [str(folder / name) for folder in folders for name in (splits.MAT_FILES[0], splits.LISTS[0])]
    return _get(
        lambda: splits.find(folders), (SPLITS,), root, f"proposed split of {benchmark.name}", look, SPLITS_PAGE
    )


def find_images(benchmark: Benchmark, root: Path) -> Path:
    """Returns the folder of images below `root`; unpacks or downloads them where they are not there.

    Raises:
      errors.UserError: if they cannot be had, with all paths looked at.
      OSError: if `root` cannot be read or written.
    """
    candidates = places(benchmark, root)

    def find() -> Path | None:
        whole = (place for place in candidates if all((place / name).is_dir() for name in benchmark.image_folders))
        return next(whole, None)

    look = [str(place / name) for place in candidates for name in benchmark.image_folders]
    return _get(find, benchmark.archives, root, f"images of {benchmark.name}", look, benchmark.page)


def places(benchmark: Benchmark, root: Path) -> tuple[Path, ...]:
    """Returns where the images may lie: in a folder of their archive's name, or in `root` itself."""
    return (root / benchmark.folder, root)


def _get(
    find: Callable[[], _T | None],
    sources: Sequence[Archive],
    root: Path,
    what: str,
    look: Sequence[str],
    page: str,
) -> _T:
    """Returns what `find` finds, at first, or once the archives have been unpacked, which are downloaded before."""
    found, trouble = find(), ""
    for archive in () if found else sources:
        trouble = _unpacked(archive, root)
        if trouble:
            break
    found = found or find()
    if found:
        return found
    paths = "\n  ".join([*look, *(str(root / archive.name) for archive in sources)])
    raise errors.UserError(
        f"The {what} must be at hand. Looked for:\n  {paths}\n{trouble}"
        f"Get {' and '.join(f'{archive.name} ({archive.size})' for archive in sources)} from\n  {page}\n"
        f"and put it, packed or unpacked, into {root}, or name the folder that holds it with --data_dir."
    )


def _unpacked(archive: Archive, root: Path) -> str:
    """Unpacks an archive into `root`, downloading it first if need be; returns what went wrong, if anything did."""
    path = root / archive.name
    if not path.is_file():
        if not archive.is_safe:
            return f"{archive.url} has neither https nor a known checksum, so it is not downloaded unasked.\n"
        progress.say(f"  downloading {archive.url} ({archive.size}) into {root}")
        try:
            download.fetch(archive.url, path, archive.sha256)
        except requests.RequestException as error:
            return f"Could not download {archive.url}: {_reason(error)}.\n"
    progress.say(f"  unpacking {path}")
    archives.unpack(path, root)
    return ""


def _reason(error: requests.RequestException) -> str:
    answer = error.response
    return f"the server answered {answer.status_code}" if answer is not None else "the server could not be reached"
