# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Download large files: resume after an interruption, and check the result."""

from __future__ import annotations

from pathlib import Path

import requests
import urllib3

from niwt_tf import errors
from niwt_tf.util import checksum, progress

_CHUNK = 1 << 20
_TIMEOUT = (15, 60)  # seconds to connect, and between two chunks
_REST, _NOTHING_LEFT = 206, 416


def fetch(url: str, path: Path, sha256: str | None = None) -> None:
    """Download `url` to `path`, and continue from the partial file of an interrupted call.

    Args:
      url: HTTPS address of the file.
      path: File to write, completely or not at all.
      sha256: SHA-256 of the file, 64 hexadecimal digits; None to skip the check if its source publishes none.

    Raises:
      errors.UserError: If the SHA-256 of the file differs from `sha256`.
      requests.RequestException: If the address cannot be reached, or answers with an error.
      OSError: If the disk is full or cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    size = partial.stat().st_size if partial.exists() else 0
    if not _download(url, partial, size, path.name):
        partial.unlink()
        _download(url, partial, 0, path.name)
    _require_sha256(partial, url, sha256)
    partial.replace(path)


def _download(url: str, partial: Path, size: int, title: str) -> bool:
    """Download the rest after the first `size` bytes; return False if the file is shorter than these."""
    # Otherwise the server might send a .tgz unpacked, and its rest could not be requested.
    header = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={size}-"} if size else {})
    with requests.get(url, headers=header, stream=True, timeout=_TIMEOUT) as response:
        if size and response.status_code == _NOTHING_LEFT:
            return response.headers.get("Content-Range") == f"bytes */{size}"
        response.raise_for_status()
        if url.startswith("https:") and not response.url.startswith("https:"):
            raise requests.exceptions.SSLError(f"{url} leads to {response.url}, which is not encrypted")
        _write(response, partial, size if response.status_code == _REST else 0, title)
    return True


def _write(response: requests.Response, partial: Path, size: int, title: str) -> None:
    """Append the body of the response to the first `size` bytes of `partial`."""
    length = int(response.headers.get("Content-Length", 0))
    with (
        partial.open("r+b" if size else "wb") as file,
        progress.bytes_bar(title, size + length if length else None, size) as bar,
    ):
        file.seek(size)
        try:
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                file.write(chunk)
                bar.update(len(chunk))
        except urllib3.exceptions.HTTPError as error:  # `requests` translates it only if it decodes the body
            raise requests.ConnectionError(error) from None


def _require_sha256(partial: Path, url: str, sha256: str | None) -> None:
    if sha256 is None:
        return
    received = checksum.sha256(partial)
    if received != sha256:
        partial.unlink()
        raise errors.UserError(
            f"A downloaded file must have its published SHA-256, {sha256}. Received: {url} with {received}. The file "
            "was deleted. Try again, or download it from its official page."
        )
