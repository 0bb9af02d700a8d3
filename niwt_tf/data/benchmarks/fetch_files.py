# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Fetch published files: find them on disk, unpack them, or download them."""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import requests

from niwt_tf import errors
from niwt_tf.util import locks, progress

_T = TypeVar("_T")
_SLACK, _MORE = 1.5, 1_000_000  # by how much a file may exceed its approximate size: a factor, and bytes
_may_download = contextvars.ContextVar("may_download", default=True)


@dataclasses.dataclass(frozen=True)
class Archive:
    """A file to download and unpack.

    Attributes:
      url: Address of the file.
      megabytes: Approximate size.
      sha256: Published SHA-256 of the file, 64 hexadecimal digits; None if there is none.
      md5: Published MD5 of the file, 32 hexadecimal digits, in place of `sha256`; None if there is none.
    """

    url: str
    megabytes: float
    sha256: str | None = None
    md5: str | None = None

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.url.split("?")[0].rsplit("/", 1)[-1]

    @property
    def size(self) -> str:
        """Approximate size for messages, such as `1.2 GB`."""
        return f"{self.megabytes:g} MB" if self.megabytes < 1000 else f"{self.megabytes / 1000:g} GB"

    @property
    def limit(self) -> int:
        """Largest size that is downloaded or unpacked, in bytes."""
        return int(_SLACK * self.megabytes * 1e6) + _MORE

    @property
    def is_safe(self) -> bool:
        """Whether a change of the file in transit would be noticed: by its checksum, or by https."""
        return self.sha256 is not None or self.url.startswith("https:")


@dataclasses.dataclass(frozen=True)
class PublishedFiles:
    """Files that archives contain.

    Attributes:
      description: Noun phrase for messages, for example `images of awa2`.
      paths: Paths at which the files may be, for messages.
      archives: Archives that contain the files together.
      page: Address of the page that offers the archives.
    """

    description: str
    paths: Sequence[Path]
    archives: Sequence[Archive]
    page: str

    def missing(self, root: Path, reason: str = "") -> str:
        """Write the error message for missing files.

        Args:
          root: Folder for the archives.
          reason: Reason why the archives could not be used, a line; empty if they were not tried.
        """
        paths = "\n  ".join(map(str, [*self.paths, *(root / archive.name for archive in self.archives)]))
        archives = " and ".join(f"{archive.name} ({archive.size})" for archive in self.archives)
        return (
            f"The {self.description} must be on disk. Received: none of these paths:\n  {paths}\n{reason}Download "
            f"{archives} from\n  {self.page}\ninto {root}, packed or unpacked, or name the folder that contains it "
            f"with {errors.setting('data_dir')}."
        )


@contextlib.contextmanager
def forbid_downloads() -> Iterator[None]:
    """Forbid downloads within the block: files that are not on disk are reported as missing."""
    token = _may_download.set(False)
    try:
        yield
    finally:
        _may_download.reset(token)


def fetch(find: Callable[[], _T | None], files: PublishedFiles, root: Path, also_missing: str = "") -> _T:
    """Find files on disk; if they are missing, unpack their archives, downloading these first if that is permitted.

    Args:
      find: Function that searches for the files at `files.paths`; None if they are missing.
      files: Files that `find` returns.
      root: Folder that contains the archives, and into which they are unpacked.
      also_missing: Message about other missing files, appended to the error message; see `PublishedFiles.missing`.

    Raises:
      errors.UserError: If the files cannot be fetched; the message lists all paths searched.
      OSError: If `root` cannot be read or written.
    """
    result = find()
    if result is not None:
        return result
    reason = next(filter(None, (_obstacle(archive, root) for archive in files.archives)), "")
    if not reason:
        with locks.hold(locks.within(root), f"the {files.description} in {root}"):
            result = find()  # again: another process may have fetched them
            if result is None:
                reason = next(filter(None, (_unpack(archive, root) for archive in files.archives)), "")
                result = None if reason else find()
    if result is not None:
        return result
    names = " and ".join(archive.name for archive in files.archives)
    reason = reason or f"Unpacked {names}, which does not contain it.\n"
    raise errors.UserError(files.missing(root, reason) + also_missing)


def _obstacle(archive: Archive, root: Path) -> str:
    """Return the reason why an archive can be neither unpacked nor downloaded, or empty."""
    if (root / archive.name).is_file():
        return ""
    if not archive.is_safe:
        return f"Not downloaded: {archive.url} has neither https nor a published checksum.\n"
    if not _may_download.get():
        return f"Not downloaded: {archive.url}, because downloads are disabled here.\n"
    return ""


def _unpack(archive: Archive, root: Path) -> str:
    """Unpack an archive into `root`, and download it first if necessary; return the reason if that fails, or empty."""
    import requests  # optional: only a download needs it

    from niwt_tf.data.files import archives, download  # optional: only a download needs it

    path = root / archive.name
    if not path.is_file():
        progress.print_line(f"  downloading {archive.url} ({archive.size}) into {root}")
        try:
            download.fetch(archive.url, path, archive.limit, archive.sha256, archive.md5)
        except requests.RequestException as error:
            return f"Could not download {archive.url}: {_reason(error)}.\n"
    progress.print_line(f"  unpacking {path}")
    archives.unpack(path, root, archive.limit)
    return ""


def _reason(error: requests.RequestException) -> str:
    response = error.response
    return f"status {response.status_code}" if response is not None else "the server cannot be reached"
