# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Unpack archives from other sources: completely or not at all, and never outside the target folder."""

from __future__ import annotations

import errno
import io
import shutil
import tarfile
from pathlib import Path

from niwt_tf import errors
from niwt_tf.util import atomic, paths, progress, zip_files

_CHUNK = 1 << 20  # bytes
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE)
_TIMES = 20  # the size of the archive; photographs hardly shrink, and texts to a fifth


def unpack(archive: Path, folder: Path, most: int) -> None:
    """Unpack a .zip, .tar, .tgz or .tar.gz file into `folder`, in addition to the files there.

    Everything is unpacked into a temporary folder first, so that a failure while unpacking leaves `folder` as it was.

    Args:
      archive: File to unpack.
      folder: Folder to unpack into; created if it does not exist.
      most: Largest size of the archive, in bytes.

    Raises:
      errors.UserError: If the file is larger, is not such an archive or is damaged, would unpack to far more bytes than
        it has, or a name in it leads out of `folder`.
      OSError: If the disk is full or cannot be written.
    """
    paths.require_regular(archive, most)
    folder.mkdir(parents=True, exist_ok=True)
    with atomic.temporary(folder / ".unpacking") as temporary:
        temporary.mkdir()
        try:
            if archive.suffix.lower() == ".zip":
                _unzip(archive, temporary)
            else:
                _untar(archive, temporary)
        except zip_files.DamagedZipError as error:
            raise _refused(archive, str(error)) from None
        except (*zip_files.ERRORS, tarfile.TarError, OSError) as error:
            if isinstance(error, OSError) and error.errno in _DISK:
                raise
            raise _refused(archive, f"cannot be read ({errors.first_line(error)})") from None
        _merge(temporary, folder)


def _refused(archive: Path, why: str) -> errors.UserError:
    return errors.UserError(
        f"An archive must be complete and safe to unpack. Received: {archive}, which {why}. Nothing was unpacked. "
        "Delete it, and download it again from its official page."
    )


def _unzip(archive: Path, folder: Path) -> None:
    with zip_files.opened(archive, _TIMES) as opened:
        for member in progress.bar(opened.infolist(), f"unpacking {archive.name}", unit="file"):
            opened.extract(member, folder)


def _untar(archive: Path, folder: Path) -> None:
    packed = archive.stat().st_size
    # Python would try each method on each file, and LZMA takes zeros for empty archives without end.
    with tarfile.open(archive, "r:" if archive.suffix.lower() == ".tar" else "r:gz") as opened:
        unpacked = 0
        for count, member in enumerate(progress.bar(opened, f"unpacking {archive.name}", unit="file"), 1):
            unpacked += member.size
            zip_files.require_size(unpacked, count, packed, _TIMES)
            zip_files.require_safe(member.name, member.islnk() or member.issym())
            if member.isfile() or member.isdir():
                opened.extract(member, folder, filter="data")
        _require_end(opened, packed)


def _require_end(opened: tarfile.TarFile, packed: int) -> None:
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
        zip_files.require_size(read, 0, packed, _TIMES)


def _merge(source: Path, target: Path) -> None:
    """Move the contents of `source` into `target`, folder by folder."""
    for path in sorted(source.iterdir()):
        destination = target / path.name
        if path.is_dir() and destination.is_dir():
            _merge(path, destination)
        else:
            shutil.move(path, destination)
