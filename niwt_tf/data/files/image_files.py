# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Finds the image files below a folder.

A file with the suffix of an image counts as an image; if it is damaged, that is reported when it is read. For any other
file its content decides. Hidden files, and files that operating systems and file servers write beside images, are
ignored; every other file that is left out is reported.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.util import paths

SUFFIXES = frozenset(".jpg .jpeg .jpe .jfif .png .gif .bmp .webp .tif .tiff .avif .heic .heif".split())
_SYSTEM = frozenset(  # lower case
    "thumbs.db ehthumbs.db desktop.ini @eadir __macosx #recycle #snapshot $recycle.bin lost+found".split()
    + ["system volume information", "icon\r"]
)
_TOLD = 5  # names of files that are left out

Place = tuple[int, int]  # a folder's device and inode


@dataclasses.dataclass(frozen=True)
class Found:
    """Files below a folder.

    Attributes:
      folder: Folder that was searched.
      images: Paths of the image files, in no particular order; a file may be damaged, a broken link or not regular.
      left_out: Paths of files and links that are left out, each with the reason.
    """

    folder: Path
    images: Sequence[Path]
    left_out: Sequence[tuple[Path, str]]

    def told(self) -> str:
        """Report in one line the number and names of the files left out; empty if there are none."""
        return f"  left out {self.listed()}" if self.left_out else ""

    def listed(self) -> str:
        """Count the files and links that are left out, and name the first of them with the reasons."""
        named = errors.listed((f"{_name(path, self.folder)} ({why})" for path, why in self.left_out), _TOLD)
        return f"{len(self.left_out):,} of the files and links in {self.folder}: {named}"


def find(folder: Path) -> Found:
    """Find the image files below `folder`, at any depth.

    Each folder is read only once, even if links lead to it. If it lies below `folder` itself, it is read at that place.
    Links to folders that contain `folder` are not followed.
    """
    images: list[Path] = []
    left_out: list[tuple[Path, str]] = []
    for path in _files(folder, left_out):
        if path.suffix.lower() in SUFFIXES:
            images.append(path)
        elif why := _no_image(path):
            left_out.append((path, why))
        else:
            images.append(path)
    return Found(folder, images, sorted(left_out))


def below(folder: Path) -> Iterator[Path]:
    """Iterate over the image files below `folder`, at any depth, in no particular order, without hidden ones."""
    yield from find(folder).images


def by_class_folder(folder: Path) -> list[tuple[str, str, Path]]:
    """List `(name, class, path)` of each image, sorted by name, which is the path relative to `folder`."""
    return of_classes(find(folder))


def of_classes(found: Found) -> list[tuple[str, str, Path]]:
    r"""List `(name, class, path)` of each image, sorted by name.

    A name is the path relative to the folder, and the class is its first part. Images directly in the folder are left
    out. Names are unique: bytes that are not UTF-8 are written as in `\xe9`.
    """
    images = ((_name(path, found.folder), path) for path in found.images)
    return sorted((name, name.split("/")[0], path) for name, path in images if "/" in name)


def is_passed_over(name: str) -> bool:
    """Check whether a file or folder of this name is hidden, or written by an operating system."""
    return name.startswith(".") or name.lower() in _SYSTEM


def _name(path: Path, folder: Path) -> str:
    return paths.printable(path.relative_to(folder).as_posix())


def _files(folder: Path, left_out: list[tuple[Path, str]]) -> Iterator[Path]:
    """Iterate over the files below `folder`; add links to folders that are not followed to `left_out`."""
    read = {_place(parent) for parent in folder.resolve().parents}
    waiting = [folder]
    while waiting:  # what lies here goes before what links lead to
        for parent, folders, files in os.walk(waiting.pop(0)):
            place = _place(Path(parent))
            if place in read:
                left_out.append((Path(parent), "a link to a folder that is read already, or to one around it"))
                folders.clear()
                continue
            read.add(place)
            folders[:] = sorted(name for name in folders if not is_passed_over(name))
            waiting += [path for name in folders if (path := Path(parent, name)).is_symlink()]
            yield from (Path(parent, name) for name in files if not is_passed_over(name))


def _place(folder: Path) -> Place:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _no_image(path: Path) -> str:
    """Explain why a file without the suffix of an image is not one; empty if it is an image."""
    if why := paths.trouble(path):
        return why
    status = path.stat()
    return "" if _is_image(path, status.st_size, status.st_mtime_ns) else "no image"


@functools.lru_cache(maxsize=2**20)
def _is_image(path: Path, size: int, changed: int) -> bool:
    """Check whether a file is an image; the result is cached until the file changes."""
    del changed
    from niwt_tf.data.files import jpeg  # optional: few folders need it

    return size > 0 and jpeg.is_image(path)
