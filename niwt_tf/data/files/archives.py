# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Unpack archives from other sources: completely or not at all, and never outside the target folder."""

from __future__ import annotations

import gzip
import shutil
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from niwt_tf import errors
from niwt_tf.util import atomic, progress

_CHUNK = 1 << 20  # bytes
# RuntimeError is what zipfile raises for a password.
_DAMAGED = (zipfile.BadZipFile, tarfile.ReadError, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip or tar file into `folder`, in addition to the files there.

    Everything is unpacked into a temporary folder first, so that a failure while unpacking leaves `folder` as it was.

    Args:
      archive: File to unpack.
      folder: Folder to unpack into; created if it does not exist.

    Raises:
      errors.UserError: If the file is not such an archive or is damaged, or a name in it leads out of `folder`.
      OSError: If the disk is full or cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with atomic.temporary(folder / ".unpacking") as temporary:
        temporary.mkdir()
        try:
            if archive.name.lower().endswith(".zip"):
                _unzip(archive, temporary)
            else:
                _untar(archive, temporary)
        except _DAMAGED as error:
            raise errors.UserError(
                f"An archive must be complete. Received: {archive}, which cannot be read ({error}). Delete it, and "
                "download it again."
            ) from None
        _merge(temporary, folder)


def _unzip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        members = opened.infolist()
        for member in members:
            _require_inside(archive, member.filename)
            if stat.S_ISLNK(member.external_attr >> 16):
                raise _unsafe(archive, member.filename, "is a link")
        for member in progress.bar(members, f"unpacking {archive.name}", unit="file"):
            opened.extract(member, folder)


def _untar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as opened:
        for member in progress.bar(opened, f"unpacking {archive.name}", unit="file"):
            _require_inside(archive, member.name)
            if member.islnk() or member.issym():
                raise _unsafe(archive, member.name, "is a link")
            if member.isfile() or member.isdir():
                opened.extract(member, folder, filter="data")
        _require_end(opened)


def _require_end(opened: tarfile.TarFile) -> None:
    """Check that a second block of zeros comes next: `tarfile` mistakes a damaged header for the first one.

    Raises:
      tarfile.ReadError: If something else comes next.
    """
    if not opened.fileobj or opened.fileobj.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
        raise tarfile.ReadError("its end is missing")
    while opened.fileobj.read(_CHUNK):  # gzip compares its checksum at the very end
        pass


def _require_inside(archive: Path, name: str) -> None:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if posix.is_absolute() or windows.drive or windows.root or ".." in posix.parts or ".." in windows.parts:
        raise _unsafe(archive, name, "leads out of the folder")


def _unsafe(archive: Path, name: str, reason: str) -> errors.UserError:
    return errors.UserError(
        f"Names in an archive must stay inside its folder. Received: {archive} with {name!r}, which {reason}. Nothing "
        "was unpacked: download the archive from its official page."
    )


def _merge(source: Path, target: Path) -> None:
    """Move the contents of `source` into `target`, folder by folder."""
    for path in sorted(source.iterdir()):
        destination = target / path.name
        if path.is_dir() and destination.is_dir():
            _merge(path, destination)
        else:
            shutil.move(path, destination)
