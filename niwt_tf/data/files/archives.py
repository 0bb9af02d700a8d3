# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Unpack archives from other sources: completely or not at all, and never outside the target folder."""

from __future__ import annotations

import errno
import io
import lzma
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from niwt_tf import errors
from niwt_tf.util import atomic, paths, progress

_CHUNK = 1 << 20  # bytes
# RuntimeError is what zipfile raises for a password; ValueError is one of a name that no disk takes.
_DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, struct.error),
    *(EOFError, RuntimeError, ValueError, OverflowError),
)
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE)
_MOST_UNPACKED = 2**27  # bytes; more if the archive itself is large
_MOST_RATIO = 20  # of unpacked to packed bytes, from there on; photographs hardly shrink, and texts to a fifth
_MOST_MEMBERS = 200_000


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip or tar file into `folder`, in addition to the files there.

    Everything is unpacked into a temporary folder first, so that a failure while unpacking leaves `folder` as it was.

    Args:
      archive: File to unpack.
      folder: Folder to unpack into; created if it does not exist.

    Raises:
      errors.UserError: If the file is not such an archive or is damaged, would unpack to far more bytes than it has, or
        a name in it leads out of `folder`.
      OSError: If the disk is full or cannot be written.
    """
    paths.require_regular(archive)
    folder.mkdir(parents=True, exist_ok=True)
    with atomic.temporary(folder / ".unpacking") as temporary:
        temporary.mkdir()
        try:
            if archive.name.lower().endswith(".zip"):
                _unzip(archive, temporary)
            else:
                _untar(archive, temporary)
        except errors.UserError:
            raise
        except _DAMAGED as error:
            raise _damaged(archive, error) from None
        except OSError as error:
            if error.errno in _DISK:
                raise
            raise _damaged(archive, error) from None
        _merge(temporary, folder)


def _unzip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        members = opened.infolist()
        _require_size(archive, sum(member.file_size for member in members), len(members))
        for member in members:
            _require_inside(archive, member.filename)
            if stat.S_ISLNK(member.external_attr >> 16):
                raise _unsafe(archive, member.filename, "is a link")
        for member in progress.bar(members, f"unpacking {archive.name}", unit="file"):
            opened.extract(member, folder)


def _untar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as opened:
        size = 0
        for count, member in enumerate(progress.bar(opened, f"unpacking {archive.name}", unit="file"), 1):
            size += member.size
            _require_size(archive, size, count)
            _require_inside(archive, member.name)
            if member.islnk() or member.issym():
                raise _unsafe(archive, member.name, "is a link")
            if member.isfile() or member.isdir():
                opened.extract(member, folder, filter="data")
        _require_end(archive, opened)


def _require_size(archive: Path, size: int, members: int) -> None:
    """Check that what an archive unpacks to suits its own size."""
    most = max(_MOST_UNPACKED, _MOST_RATIO * archive.stat().st_size)
    if size > most or members > _MOST_MEMBERS:
        raise errors.UserError(
            f"An archive of {archive.stat().st_size:,} bytes must unpack to at most {most:,} bytes in "
            f"{_MOST_MEMBERS:,} files. Received: {archive}, with {size:,} bytes or more in {members:,} files. Nothing "
            "was unpacked: download the archive from its official page."
        )


def _damaged(archive: Path, error: Exception) -> errors.UserError:
    return errors.UserError(
        f"An archive must be complete. Received: {archive}, which cannot be read ({errors.first_line(error)}). Delete "
        "it, and download it again."
    )


def _require_end(archive: Path, opened: tarfile.TarFile) -> None:
    """Check that a second block of zeros comes next: `tarfile` mistakes a damaged header for the first one.

    Raises:
      tarfile.ReadError: If something else comes next.
    """
    if not opened.getmembers():
        raise tarfile.ReadError("it is empty")
    if not opened.fileobj or opened.fileobj.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
        raise tarfile.ReadError("its end is missing")
    read = 0
    is_packed = not isinstance(opened.fileobj, io.BufferedReader)
    while is_packed and (chunk := opened.fileobj.read(_CHUNK)):  # gzip compares its checksum at the very end
        read += len(chunk)
        _require_size(archive, read, 0)


def _require_inside(archive: Path, name: str) -> None:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if posix.is_absolute() or windows.drive or windows.root or ".." in posix.parts or ".." in windows.parts:
        raise _unsafe(archive, name, "leads out of the folder")


def _unsafe(archive: Path, name: str, reason: str) -> errors.UserError:
    return errors.UserError(
        f"Names in an archive must stay inside its folder. Received: {archive} with "
        f"{errors.clipped(repr(name))}, which {reason}. Nothing was unpacked: download the archive from "
        "its official page."
    )


def _merge(source: Path, target: Path) -> None:
    """Move the contents of `source` into `target`, folder by folder."""
    for path in sorted(source.iterdir()):
        destination = target / path.name
        if path.is_dir() and destination.is_dir():
            _merge(path, destination)
        else:
            shutil.move(path, destination)
