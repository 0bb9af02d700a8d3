# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Open zip files from elsewhere: what they unpack to is known, and limited, before anything is unpacked."""

from __future__ import annotations

import contextlib
import errno
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from niwt_tf import errors
from niwt_tf.util import paths

MOST_BYTES = 2**38  # of all members together, unpacked
MOST_MEMBERS = 200_000
TIMES = 100  # the size of the archive, which texts and drawings reach only in part
_FREE = 2**24  # bytes that the smallest archive may unpack to
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others unpack blocks of any size at once
_ENCRYPTED = 0x1  # flag of a member

# What reading a damaged or forged file raises; RuntimeError is for a password.
ERRORS = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError),
    *(ValueError, OverflowError, IndexError, KeyError, TypeError),
)


class DamagedZipError(ValueError):
    """A file that is no complete zip file, or is unsafe to unpack; the message follows "which"."""


@contextlib.contextmanager
def opened(path: Path, times: int = TIMES) -> Iterator[zipfile.ZipFile]:
    """Open a zip file whose members are checked by `check`.

    Args:
      path: Path of the file.
      times: Largest ratio of the size of all that is unpacked to that of the file.

    Raises:
      DamagedZipError: If it is damaged, or unsafe to unpack, also if that shows within the block.
      errors.UserError: If it is no regular file.
      OSError: If it cannot be read.
    """
    try:
        with zipfile.ZipFile(paths.require_regular(path)) as archive:
            check(archive.infolist(), path.stat().st_size, times)
            yield archive
    except (errors.UserError, DamagedZipError):
        raise
    except ERRORS as error:
        raise DamagedZipError(f"is not a complete zip file: {errors.first_line(error)}") from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # a position outside the file
            raise
        raise DamagedZipError("is not a complete zip file: a member lies outside the file") from None


def check(members: list[zipfile.ZipInfo], size: int, times: int = TIMES) -> None:
    """Check that members can be unpacked: names that stay inside a folder, no links, and limited sizes.

    `zipfile` never unpacks more of a member than its declared size, so that the declared sizes are the true limit.

    Args:
      members: All members of an archive.
      size: Size of the archive, in bytes.
      times: Largest ratio of the size of all that is unpacked to `size`.

    Raises:
      DamagedZipError: If they cannot.
    """
    require_size(sum(member.file_size for member in members), len(members), size, times)
    if sum(member.compress_size for member in members) > size:
        raise DamagedZipError("holds files that overlap")
    for member in members:
        require_safe(member.filename, stat.S_ISLNK(member.external_attr >> 16))
        if trouble := _trouble(member):
            raise DamagedZipError(f"holds {_quoted(member.filename)}, which {trouble}")
    twice = [name for name, count in Counter(member.filename for member in members).items() if count > 1]
    if twice:
        raise DamagedZipError(f"holds files more than once: {errors.listed(twice)}")


def require_size(unpacked: int, members: int, size: int, times: int) -> None:
    """Check what an archive of `size` bytes unpacks to: at most `times` that many bytes, in a limited number of files.

    Raises:
      DamagedZipError: If it is more.
    """
    most = min(MOST_BYTES, max(_FREE, times * size))
    if members > MOST_MEMBERS:
        raise DamagedZipError(f"holds {members:,} files, more than {MOST_MEMBERS:,}")
    if unpacked > most:
        raise DamagedZipError(f"unpacks to {unpacked:,} bytes, more than {most:,}, the limit for {size:,} bytes")


def require_safe(name: str, is_link: bool) -> None:
    """Check that a member stays inside the folder that it is unpacked into, and is no link.

    Raises:
      DamagedZipError: If not.
    """
    if not is_inside(name):
        raise DamagedZipError(f"holds {_quoted(name)}, which leads out of the folder")
    if is_link:
        raise DamagedZipError(f"holds {_quoted(name)}, which is a link")


def _quoted(name: str) -> str:
    return errors.clipped(repr(name))


def _trouble(member: zipfile.ZipInfo) -> str:
    """Explain why a member cannot be unpacked, worded to follow "which"; empty if it can."""
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    return "" if member.compress_type in _METHODS else "is compressed by another method than deflate"


def is_inside(name: str) -> bool:
    """Check whether a file of this name stays inside the folder that it is unpacked into, on any system."""
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    return not (posix.is_absolute() or windows.drive or windows.root or ".." in posix.parts + windows.parts)
