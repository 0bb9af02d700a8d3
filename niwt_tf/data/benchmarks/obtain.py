# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Obtains published files: finds them on disk, unpacks them, or downloads them."""

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
from niwt_tf.util import progress

_T = TypeVar("_T")
_may_download = contextvars.ContextVar("may_download", default=True)


@dataclasses.dataclass(frozen=True)
class Archive:
    """A file to download and unpack.

    Attributes:
      url: Address of the file.
      size: Approximate size, for messages, such as `1.2 GB`.
      sha256: SHA-256 of the file, 64 hexadecimal digits; None if its source publishes none.
    """

    url: str
    size: str
    sha256: str | None = None

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.url.split("?")[0].rsplit("/", 1)[-1]

    @property
    def is_safe(self) -> bool:
        """Whether a change of the file in transit would be noticed: by its checksum, or by https."""
        return self.sha256 is not None or self.url.startswith("https:")


@contextlib.contextmanager
def without_downloads() -> Iterator[None]:
    """Forbid downloads within the block: files that are not on disk are reported as missing."""
    token = _may_download.set(False)
    try:
        yield
    finally:
        _may_download.reset(token)


def obtain(
    find: Callable[[], _T | None],
    what: str,
    looked: Sequence[Path],
    sources: Sequence[Archive],
    page: str,
    root: Path,
    also_missing: str = "",
) -> _T:
    """Find files on disk; if they are missing, unpack their archives, downloading these first if that is permitted.

    Args:
      find: Function that searches for the files; None if they are missing.
      what: Description of the files for the error message, for example `images of awa2`.
      looked: Paths that `find` checks.
      sources: Archives that hold the files together.
      page: Address of the page that offers the archives.
      root: Folder that holds the archives, and into which they are unpacked.
      also_missing: Text appended to the error message about other missing files, worded by `told`.

    Raises:
      errors.UserError: If the files cannot be obtained; the message lists all paths checked.
      OSError: If `root` cannot be read or written.
    """
    found = find()
    if found is not None:
        return found
    trouble = next((told for told in (_unpack(archive, root) for archive in sources) if told), "")
    found = None if trouble else find()
    if found is not None:
        return found
    trouble = trouble or f"Unpacked {' and '.join(archive.name for archive in sources)}: it is not there.\n"
    raise errors.UserError(told(what, looked, sources, page, root, trouble) + also_missing)


def told(
    what: str, looked: Sequence[Path], sources: Sequence[Archive], page: str, root: Path, trouble: str = ""
) -> str:
    """Describe missing files for an error message; arguments as in `obtain`, and `trouble`, the reason."""
    paths = "\n  ".join(map(str, [*looked, *(root / archive.name for archive in sources)]))
    files = " and ".join(f"{archive.name} ({archive.size})" for archive in sources)
    return (
        f"The {what} must be at hand. Looked for:\n  {paths}\n{trouble}Get {files} from\n  {page}\nand put it, packed "
        f"or unpacked, into {root}, or name the folder that holds it with {errors.setting('data_dir')}."
    )


def _unpack(archive: Archive, root: Path) -> str:
    """Unpack an archive into `root`, and download it first if necessary; return the reason if that fails, or empty."""
    import requests  # optional: only a download needs it

    from niwt_tf.data.files import archives, download  # optional: only a download needs it

    path = root / archive.name
    if not path.is_file():
        if not archive.is_safe:
            return f"Not downloaded: {archive.url} has neither https nor a known checksum.\n"
        if not _may_download.get():
            return f"Not downloaded: {archive.url}, as nothing is downloaded now.\n"
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
