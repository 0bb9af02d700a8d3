# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of downloads, from a server on this machine."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import hashlib
import http.server
import random
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from niwt_tf import errors
from niwt_tf.data.files import download

_CONTENT = random.Random(0).randbytes(300_000)
_SHA256, _MD5 = hashlib.sha256(_CONTENT).hexdigest(), hashlib.md5(_CONTENT).hexdigest()
_LIMIT = 1_000_000
_CERTIFICATE = Path(__file__).with_name("localhost.pem")


@dataclasses.dataclass
class _Site:
    """A server: its file, its behaviour, and the requests that it received.

    Attributes:
      url: of the one file that is there.
      ranges: True if parts can be requested.
      encoding: what the server says of the file's encoding.
      sent: bytes after which it hangs up; all by default.
      received: Path and Range of each request.
      redirects: Where requests of a path are sent.
      credentials: Authorization of each request.
      length: What the server says of the file's size; the truth by default, nothing if empty.
    """

    url: str = ""
    content: bytes = _CONTENT
    ranges: bool = True
    encoding: str = ""
    sent: int | None = None
    received: list[tuple[str, str | None]] = dataclasses.field(default_factory=list)
    redirects: dict[str, str] = dataclasses.field(default_factory=dict)
    credentials: list[str | None] = dataclasses.field(default_factory=list)
    length: str | None = None


def _handler(site: _Site) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers["Range"]
            site.received.append((self.path, wanted))
            site.credentials.append(self.headers["Authorization"])
            if self.path in site.redirects:
                return self.answer(302, b"", ("Location", site.redirects[self.path]))
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and site.ranges else 0
            if self.path != "/files/birds.tgz?download=1":
                return self.answer(404, b"nothing here")
            if start and start >= len(site.content):
                return self.answer(416, b"", ("Content-Range", f"bytes */{len(site.content)}"))
            body, size = site.content[start:], len(site.content)
            if start:
                return self.answer(206, body, ("Content-Range", f"bytes {start}-{size - 1}/{size}"))
            return self.answer(200, body)

        def answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
            self.send_response(status)
            length = str(len(body)) if site.length is None or status != 200 else site.length
            for name, value in (*headers, ("Content-Length", length)):
                if value:
                    self.send_header(name, value)
            if site.encoding:
                self.send_header("Content-Encoding", site.encoding)
            self.end_headers()
            self.wfile.write(body[: site.sent])

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def site() -> Iterator[_Site]:
    """A server with the one file /files/birds.tgz?download=1."""
    site = _Site()
    with _serve(site):
        yield site


@pytest.fixture
def encrypted_site(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Site]:
    """The same server by https; its certificate is trusted here."""
    site, context = _Site(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_CERTIFICATE)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(_CERTIFICATE))
    with _serve(site, context):
        yield site


@contextlib.contextmanager
def _serve(site: _Site, context: ssl.SSLContext | None = None) -> Iterator[None]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(site)) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        site.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_port}/files/birds.tgz?download=1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file goes: in a folder that is not there yet."""
    return tmp_path / "a" / "b" / "birds.tgz"


def _part(path: Path, content: bytes) -> Path:
    """Leaves what an interrupted download would have left."""
    path.parent.mkdir(parents=True)
    part = path.with_name("birds.tgz.part")
    part.write_bytes(content)
    return part


def _names(path: Path) -> list[str]:
    return sorted(found.name for found in path.parent.iterdir())


@pytest.mark.parametrize("sha256", [None, _SHA256])
def test_a_file_arrives_byte_for_byte_and_alone(site: _Site, path: Path, sha256: str | None) -> None:
    download.fetch(site.url, path, _LIMIT, sha256)
    assert path.read_bytes() == _CONTENT
    assert _names(path) == ["birds.tgz", *([] if sha256 else ["birds.tgz.sha256"])]
    assert site.received == [("/files/birds.tgz?download=1", None)]


def test_an_empty_file_arrives_too(site: _Site, path: Path) -> None:
    site.content = b""
    download.fetch(site.url, path, _LIMIT)
    assert path.read_bytes() == b""


@pytest.mark.parametrize("have", [1, 150_000, len(_CONTENT) - 1])
def test_only_the_rest_is_requested(site: _Site, path: Path, have: int) -> None:
    _part(path, _CONTENT[:have])
    download.fetch(site.url, path, _LIMIT, _SHA256)
    assert path.read_bytes() == _CONTENT
    assert site.received == [("/files/birds.tgz?download=1", f"bytes={have}-")]
    assert _names(path) == ["birds.tgz"]


def test_what_is_there_is_kept_and_not_loaded_again(site: _Site, path: Path) -> None:
    _part(path, b"x" * 1000)
    download.fetch(site.url, path, _LIMIT)
    assert path.read_bytes() == b"x" * 1000 + _CONTENT[1000:]


def test_a_server_without_ranges_sends_all_and_what_was_there_goes(site: _Site, path: Path) -> None:
    site.ranges = False
    _part(path, b"x" * (len(_CONTENT) + 1000))
    download.fetch(site.url, path, _LIMIT, _SHA256)
    assert path.read_bytes() == _CONTENT


def test_a_part_that_is_whole_is_all_there_is_to_load(site: _Site, path: Path) -> None:
    _part(path, _CONTENT)
    download.fetch(site.url, path, _LIMIT, _SHA256)
    assert path.read_bytes() == _CONTENT
    assert site.received == [("/files/birds.tgz?download=1", f"bytes={len(_CONTENT)}-")]
    assert _names(path) == ["birds.tgz"]


def test_a_part_longer_than_the_file_is_another_file_and_loaded_anew(site: _Site, path: Path) -> None:
    _part(path, b"x" * (len(_CONTENT) + 1))
    download.fetch(site.url, path, _LIMIT)
    assert path.read_bytes() == _CONTENT
    assert [wanted for _, wanted in site.received] == [f"bytes={len(_CONTENT) + 1}-", None]


def test_a_wrong_checksum_is_reported_and_the_file_removed(site: _Site, path: Path) -> None:
    with pytest.raises(errors.UserError) as caught:
        download.fetch(site.url, path, _LIMIT, "0" * 64)
    assert str(caught.value) == (
        f"A downloaded file must have its published SHA-256, {'0' * 64}. Received: {site.url} with {_SHA256}. The file "
        "was deleted. Try again, or download it from its official page."
    )
    assert _names(path) == []


def test_a_part_of_another_file_is_reported_and_removed_so_that_the_next_try_is_whole(site: _Site, path: Path) -> None:
    _part(path, b"x" * 1000)
    with pytest.raises(errors.UserError, match="was deleted. Try again"):
        download.fetch(site.url, path, _LIMIT, _SHA256)
    assert _names(path) == []
    download.fetch(site.url, path, _LIMIT, _SHA256)
    assert path.read_bytes() == _CONTENT


def test_a_file_that_is_not_there_leaves_nothing(site: _Site, path: Path) -> None:
    with pytest.raises(requests.HTTPError, match="404") as caught:
        download.fetch(site.url.replace("birds", "fish"), path, _LIMIT)
    assert caught.value.response.status_code == 404
    assert _names(path) == []


def test_an_error_of_the_server_leaves_the_part_as_it_is(site: _Site, path: Path) -> None:
    part = _part(path, b"x" * 1000)
    with pytest.raises(requests.HTTPError, match="404"):
        download.fetch(site.url.replace("birds", "fish"), path, _LIMIT)
    assert part.read_bytes() == b"x" * 1000


@pytest.mark.parametrize("have", [0, 1000])
def test_a_connection_that_breaks_keeps_what_came_and_the_next_call_goes_on(
    site: _Site, path: Path, have: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_CHUNK", 1000)
    part, site.sent = path.with_name("birds.tgz.part"), 100_000
    if have:
        _part(path, _CONTENT[:have])
    with pytest.raises(requests.RequestException):
        download.fetch(site.url, path, _LIMIT)
    assert not path.exists()
    assert part.read_bytes() == _CONTENT[: have + 100_000]
    site.sent = None
    download.fetch(site.url, path, _LIMIT, _SHA256)
    assert site.received[-1] == ("/files/birds.tgz?download=1", f"bytes={have + 100_000}-")
    assert path.read_bytes() == _CONTENT


def test_a_server_that_has_gone_is_an_error_and_an_old_file_stays(path: Path) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        port = server.server_port
    part = _part(path, b"x")
    path.write_bytes(b"old")
    with pytest.raises(requests.ConnectionError):
        download.fetch(f"http://127.0.0.1:{port}/birds.tgz", path, _LIMIT)
    assert (path.read_bytes(), part.read_bytes()) == (b"old", b"x")


@pytest.mark.parametrize("have", [0, 1000])
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
def test_an_archive_that_the_server_takes_for_a_compressed_page_stays_packed(
    site: _Site, path: Path, encoding: str, have: int
) -> None:
    site.content, site.encoding = gzip.compress(_CONTENT), encoding
    if have:
        _part(path, site.content[:have])
    download.fetch(site.url, path, _LIMIT, hashlib.sha256(site.content).hexdigest())
    assert path.read_bytes() == site.content


def test_a_published_md5_is_compared_where_there_is_no_sha256(site: _Site, path: Path) -> None:
    download.fetch(site.url, path, _LIMIT, md5=_MD5)
    assert path.read_bytes() == _CONTENT
    path.unlink()
    with pytest.raises(errors.UserError, match=f"must have its published MD5, {'0' * 32}. Received: .* with {_MD5}"):
        download.fetch(site.url, path, _LIMIT, md5="0" * 32)
    assert _names(path) == ["birds.tgz.sha256"]


def test_a_file_without_a_checksum_is_the_same_ever_after(site: _Site, path: Path) -> None:
    record = path.with_name("birds.tgz.sha256")
    download.fetch(site.url, path, _LIMIT)
    assert record.read_text("utf-8") == f"{_SHA256}  birds.tgz\n"
    path.unlink()
    site.content = b"another"
    other = hashlib.sha256(b"another").hexdigest()
    with pytest.raises(errors.UserError) as caught:
        download.fetch(site.url, path, _LIMIT)
    assert str(caught.value) == (
        f"A file that is downloaded again must be the same as before. Received: {site.url} with the SHA-256 {other}, "
        f"but {_SHA256} is recorded in {record}. The file was deleted. Ask its publisher whether it changed; if so, "
        f"delete {record}, and try again."
    )
    assert _names(path) == ["birds.tgz.sha256"]
    record.unlink()
    download.fetch(site.url, path, _LIMIT)
    assert path.read_bytes() == b"another" and record.read_text("utf-8") == f"{other}  birds.tgz\n"


@pytest.mark.parametrize("have", [0, 1000])
@pytest.mark.parametrize("length", [None, ""])
def test_a_file_beyond_its_limit_is_refused_and_removed(
    site: _Site, path: Path, have: int, length: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_CHUNK", 1000)
    site.length, site.ranges = length, length is None
    if have:
        _part(path, _CONTENT[:have])
    with pytest.raises(errors.UserError) as caught:
        download.fetch(site.url, path, len(_CONTENT) - 1, _SHA256)
    size = f"{len(_CONTENT) if length is None else caught.value.text.partition(' with ')[2].split()[0]}"
    assert str(caught.value) == (
        f"A downloaded file must have about its published size, at most 299,999 bytes. Received: {site.url} with "
        f"{int(size.replace(',', '')):,} bytes or more. Download it from its official page."
    )
    assert _names(path) == []
    download.fetch(site.url, path, len(_CONTENT), _SHA256)
    assert path.read_bytes() == _CONTENT


def test_what_the_server_says_of_the_size_may_be_no_number(site: _Site, path: Path) -> None:
    site.length = "much"
    download.fetch(site.url, path, _LIMIT, _SHA256)
    assert path.read_bytes() == _CONTENT


def test_redirects_are_followed_by_the_way_that_they_name(site: _Site, path: Path) -> None:
    site.redirects = {"/birds": "/hop", "/hop": "files/birds.tgz?download=1"}
    download.fetch(site.url.replace("/files/birds.tgz?download=1", "/birds"), path, _LIMIT, _SHA256)
    assert [asked for asked, _ in site.received] == ["/birds", "/hop", "/files/birds.tgz?download=1"]


def test_redirects_in_a_circle_end(site: _Site, path: Path) -> None:
    site.redirects = {"/files/birds.tgz?download=1": "/files/birds.tgz?download=1"}
    with pytest.raises(errors.UserError, match="at most 5 of them. Received: .* to more than 5 other addresses"):
        download.fetch(site.url, path, _LIMIT, _SHA256)
    assert len(site.received) == 6 and _names(path) == []


def test_an_encrypted_file_arrives_by_encrypted_redirects(encrypted_site: _Site, path: Path) -> None:
    encrypted_site.redirects = {"/birds": encrypted_site.url}
    download.fetch(encrypted_site.url.replace("/files/birds.tgz?download=1", "/birds"), path, _LIMIT, _SHA256)
    assert path.read_bytes() == _CONTENT


def test_no_hop_leaves_the_encryption_even_if_the_next_returns_to_it(
    encrypted_site: _Site, site: _Site, path: Path
) -> None:
    encrypted_site.redirects = {"/birds": site.url}
    site.redirects = {"/files/birds.tgz?download=1": encrypted_site.url}
    start = encrypted_site.url.replace("/files/birds.tgz?download=1", "/birds")
    with pytest.raises(errors.UserError) as caught:
        download.fetch(start, path, _LIMIT, _SHA256)
    assert str(caught.value) == (
        f"A download must lead to its file by encrypted addresses, at most 5 of them. Received: {start}, which leads "
        f"to {site.url}. Download it from its official page."
    )
    assert site.received == [] and _names(path) == []


def test_a_server_that_cannot_prove_its_name_is_no_server(
    encrypted_site: _Site, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(requests.exceptions.SSLError, match="certificate"):
        download.fetch(encrypted_site.url, path, _LIMIT, _SHA256)
    assert encrypted_site.received == []


def test_no_credentials_are_sent(site: _Site, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login anna password secret\n", "utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    site.redirects = {"/birds": site.url.replace("//", "//anna:secret@")}
    download.fetch(site.url.replace("/files/birds.tgz?download=1", "/birds"), path, _LIMIT, _SHA256)
    assert site.credentials == [None, None]
