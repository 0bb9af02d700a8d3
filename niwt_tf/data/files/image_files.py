# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Find the image files below a folder.

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
_MOST_LISTED = 5  # names of files that are left out


@dataclasses.dataclass(frozen=True)
class FolderImages:
    """Images below a folder, and the files there that are left out.

    Attributes:
      folder: Folder that was searched.
      images: Paths of the image files, in no particular order; a file may be damaged, a broken link or not regular.
      left_out: Paths of files and links that are left out, each with the reason.
    """

    folder: Path
    images: Sequence[Path]
    left_out: Sequence[tuple[Path, str]]

    def report(self) -> str:
        """Report in one line the number and names of the files left out; empty if there are none."""
        return f"  left out {self.list_left_out()}" if self.left_out else ""

    def list_left_out(self) -> str:
        """Count the files and links that are left out, and list the first of them with the reasons."""
        names = (f"{_name(path, self.folder)} ({reason})" for path, reason in self.left_out)
        return f"{len(self.left_out):,} of the files and links in {self.folder}: {errors.listed(names, _MOST_LISTED)}"

    def label_images(self) -> list[tuple[str, str, Path]]:
        r"""List `(name, class, path)` of each image, sorted by name.

        A name is the path relative to the folder, and the class is its first part. Images directly in the folder are
        left out. Names are unique: bytes that are not UTF-8 are written as in `\xe9`.
        """
        images = ((_name(path, self.folder), path) for path in self.images)
        return sorted((name, name.split("/")[0], path) for name, path in images if "/" in name)


def find(folder: Path) -> FolderImages:
    """Find the image files below `folder`, at any depth.

    Each folder is read only once, even if links lead to it; a folder below `folder` is read there, and not through a
    link. Links to folders that contain `folder` are not followed.
    """
    images: list[Path] = []
    left_out: list[tuple[Path, str]] = []
    for path in _files(folder, left_out):
        if path.suffix.lower() in SUFFIXES:
            images.append(path)
        elif reason := _no_image(path):
            left_out.append((path, reason))
        else:
            images.append(path)
    return FolderImages(folder, images, sorted(left_out))


def is_ignored(name: str) -> bool:
    """Check whether a file or folder of this name is hidden, or written by an operating system."""
    return name.startswith(".") or name.lower() in _SYSTEM


def _name(path: Path, folder: Path) -> str:
    return paths.printable(path.relative_to(folder).as_posix())


def _files(folder: Path, left_out: list[tuple[Path, str]]) -> Iterator[Path]:
    """Iterate over the files below `folder`; add links to folders that are not followed to `left_out`."""
    if not os.path.isdir(folder):
        return
    visited = {_folder_id(parent) for parent in folder.resolve().parents}
    queue = [folder]
    while queue:  # folders below `folder` come before those that links lead to
        for parent, folders, files in os.walk(queue.pop(0)):
            folder_id = _folder_id(Path(parent))
            if folder_id in visited:
                left_out.append((Path(parent), "a link to a folder that is already read, or that contains this one"))
                folders.clear()
                continue
            visited.add(folder_id)
            folders[:] = sorted(name for name in folders if not is_ignored(name))
            queue += [path for name in folders if (path := Path(parent, name)).is_symlink()]
            yield from (Path(parent, name) for name in files if not is_ignored(name))


def _folder_id(folder: Path) -> tuple[int, int]:
    """Identify a folder by its device and inode."""
    status = folder.stat()
    return status.st_dev, status.st_ino


def _no_image(path: Path) -> str:
    """Explain why a file without the suffix of an image is not one; empty if it is an image."""
    if trouble := paths.trouble(path):
        return trouble
    status = path.stat()
    return "" if _is_image(path, status.st_size, status.st_mtime_ns) else "not an image"


@functools.lru_cache(maxsize=2**20)
def _is_image(path: Path, size: int, modified: int) -> bool:
    """Check whether a file is an image; the result is cached until the file changes."""
    del modified
    from niwt_tf.data.files import jpeg  # optional: few folders need it

    return size > 0 and jpeg.is_image(path)
