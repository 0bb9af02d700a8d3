# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Download large files: resume after an interruption, stay encrypted at every redirect, and check the result.

A redirect may lead to any host, also to one of the local network, as a mirror may be there: the host must prove its
name by a certificate, no credentials are sent to any host, and the checksum of the file is compared.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from pathlib import Path

import requests
import urllib3

from niwt_tf import errors
from niwt_tf.util import atomic, checksum, progress

_CHUNK = 1 << 20
_TIMEOUT = (15, 60)  # seconds to connect, and between two chunks
_REST, _NOTHING_LEFT = 206, 416
_MOST_REDIRECTS = 5


def fetch(url: str, path: Path, limit: int, sha256: str | None = None, md5: str | None = None) -> None:
    """Download `url` to `path`, and continue from the partial file of an interrupted call.

    If the source publishes no SHA-256, that of the first download is kept in `<path>.sha256`, as `sha256sum` writes it,
    and every later download must have the same.

    Args:
      url: Address of the file. If it is HTTPS, so is each redirect.
      path: File to write, completely or not at all.
      limit: Largest size of the file, in bytes.
      sha256: Published SHA-256 of the file, 64 hexadecimal digits; None if there is none.
      md5: Published MD5 of the file, 32 hexadecimal digits; None if there is none.

    Raises:
      errors.UserError: If the file is larger than `limit`, differs from a checksum, or a redirect is not encrypted.
      requests.RequestException: If the address cannot be reached, or answers with an error.
      OSError: If the disk is full or cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    size = partial.stat().st_size if partial.exists() else 0
    if not _download(url, partial, size, limit, path.name):
        partial.unlink()
        _download(url, partial, 0, limit, path.name)
    _require_published(partial, url, sha256, md5)
    if sha256 is None:
        _require_as_before(partial, url, path.with_name(f"{path.name}.sha256"), path.name)
    partial.replace(path)


def _download(url: str, partial: Path, size: int, limit: int, title: str) -> bool:
    """Download the rest after the first `size` bytes; return False if the file is shorter than these."""
    # Otherwise the server might send a .tgz unpacked, and its rest could not be requested.
    header = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={size}-"} if size else {})
    with _get(url, header) as response:
        if size and response.status_code == _NOTHING_LEFT:
            return response.headers.get("Content-Range") == f"bytes */{size}"
        response.raise_for_status()
        _write(response, partial, size if response.status_code == _REST else 0, limit, title)
    return True


def _get(url: str, header: Mapping[str, str]) -> requests.Response:
    """Request an address, and follow its redirects one by one."""
    address = url
    for _ in range(_MOST_REDIRECTS + 1):
        response = requests.get(
            address, headers=header, stream=True, timeout=_TIMEOUT, allow_redirects=False, auth=_no_credentials
        )
        if not response.is_redirect:
            return response
        response.close()
        address = urllib.parse.urljoin(address, response.headers["Location"])
        if url.startswith("https:") and not address.startswith("https:"):
            raise _bad_redirect(url, address)
    raise _bad_redirect(url, f"more than {_MOST_REDIRECTS} other addresses, the last {address}")


def _bad_redirect(url: str, target: str) -> errors.UserError:
    return errors.UserError(
        f"A download must lead to its file by encrypted addresses, at most {_MOST_REDIRECTS} of them. Received: {url}, "
        f"which leads to {target}. Download it from its official page."
    )


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep `requests` from sending credentials of the user's .netrc, or of an address."""
    return request


def _write(response: requests.Response, partial: Path, size: int, limit: int, title: str) -> None:
    """Append the body of the response to the first `size` bytes of `partial`."""
    length = response.raw.length_remaining or 0  # as the server announces it
    _require_size(partial, size + length, limit, response.url)
    with (
        partial.open("r+b" if size else "wb") as file,
        progress.bytes_bar(title, size + length if length else None, size) as bar,
    ):
        file.seek(size)
        try:
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                _require_size(partial, file.tell() + len(chunk), limit, response.url)
                file.write(chunk)
                bar.update(len(chunk))
        except urllib3.exceptions.HTTPError as error:  # `requests` translates it only if it decodes the body
            raise requests.ConnectionError(error) from None


def _require_size(partial: Path, size: int, limit: int, url: str) -> None:
    """Check that a file is not larger than `limit` bytes; what came of it is removed if it is."""
    if size > limit:
        partial.unlink(missing_ok=True)
        raise errors.UserError(
            f"A downloaded file must have about its published size, at most {limit:,} bytes. Received: {url} with "
            f"{size:,} bytes or more. Download it from its official page."
        )


def _require_published(partial: Path, url: str, sha256: str | None, md5: str | None) -> None:
    """Check the published checksum; the file is removed if it differs."""
    name, published = ("SHA-256", sha256) if sha256 else ("MD5", md5)
    if published is None:
        return
    received = checksum.sha256(partial) if sha256 else checksum.md5(partial)
    if received != published:
        partial.unlink()
        raise errors.UserError(
            f"A downloaded file must have its published {name}, {published}. Received: {url} with {received}. The file "
            "was deleted. Try again, or download it from its official page."
        )


def _require_as_before(partial: Path, url: str, record: Path, name: str) -> None:
    """Check that the SHA-256 is that of the first download, and record it if this is the first."""
    received = checksum.sha256(partial)
    before = record.read_text("utf-8").split()[:1] if record.is_file() else [received]
    if before != [received]:
        partial.unlink()
        raise errors.UserError(
            f"A file that is downloaded again must be the same as before. Received: {url} with the SHA-256 {received}, "
            f"but {' '.join(before)} is recorded in {record}. The file was deleted. Ask its publisher whether it "
            f"changed; if so, delete {record}, and try again."
        )
    atomic.write_text(record, f"{received}  {name}\n")
