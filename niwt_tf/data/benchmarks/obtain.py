# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Gets what others published: found where it lies, unpacked, or downloaded."""

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


@contextlib.contextmanager
def without_downloads() -> Iterator[None]:
    """Has nothing downloaded inside: what is not at hand is told to be missing."""
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
    """Returns what `find` finds, at once, or after archives have been unpacked, which are downloaded where they may be.

    Args:
      find: looks for it.
      what: it is, in words.
      looked: the paths that `find` looks at.
      sources: the archives that hold it, together.
      page: where a user finds them.
      root: where archives lie, and are unpacked.
      also_missing: what to tell beside it, as `told` words it.

    Raises:
      errors.UserError: if it cannot be had, with all paths looked at.
      OSError: if `root` cannot be read or written.
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
    """Returns what to tell of files that are not at hand; arguments as in `obtain`, and what went wrong."""
    paths = "\n  ".join(map(str, [*looked, *(root / archive.name for archive in sources)]))
    files = " and ".join(f"{archive.name} ({archive.size})" for archive in sources)
    return (
        f"The {what} must be at hand. Looked for:\n  {paths}\n{trouble}Get {files} from\n  {page}\nand put it, packed "
        f"or unpacked, into {root}, or name the folder that holds it with --data_dir."
    )


def _unpack(archive: Archive, root: Path) -> str:
    """Unpacks an archive into `root`, downloading it first if need be; returns what went wrong, if anything did."""
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
