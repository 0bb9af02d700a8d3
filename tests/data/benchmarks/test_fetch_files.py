# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of fetching files: found, unpacked or downloaded. Only this machine is contacted."""

from __future__ import annotations

import functools
import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import holding
from niwt_tf import errors
from niwt_tf.data.benchmarks import fetch_files
from niwt_tf.util import locks

_PAGE = "https://example.org/birds"


def _zip(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in files.items():
            packed.writestr(f"birds/{name}.txt", content)
    return path


def _find(root: Path, *names: str) -> Path | None:
    """Find the folder of birds, if all of these files are in it."""
    return root / "birds" if all((root / "birds" / f"{name}.txt").is_file() for name in names) else None


def _fetch(root: Path, *archives: fetch_files.Archive, names: tuple[str, ...] = ("a",)) -> Path:
    paths = [root / "birds" / f"{name}.txt" for name in names]
    files = fetch_files.PublishedFiles("list of birds", paths, archives, _PAGE)
    return fetch_files.fetch(lambda: _find(root, *names), files, root)


@pytest.fixture
def closed() -> str:
    """An address at which nothing listens."""
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server, and the folder that it serves."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/files/birds.tgz?download=1", "birds.tgz"),
        ("http://example.org/VOC_14-Jul-2008.tar", "VOC_14-Jul-2008.tar"),
        ("https://example.org/a.zip?from=/b/c.zip", "a.zip"),
    ],
)
def test_an_archive_has_the_name_at_the_end_of_its_address(url: str, name: str) -> None:
    assert fetch_files.Archive(url, 1).name == name


@pytest.mark.parametrize(
    ("url", "sha256", "safe"),
    [
        ("https://example.org/a.zip", None, True),
        ("http://example.org/a.zip", "0" * 64, True),
        ("http://example.org/a.zip", None, False),
        ("httpsx://example.org/a.zip", None, False),
    ],
)
def test_an_archive_is_safe_by_https_or_by_a_checksum(url: str, sha256: str | None, safe: bool) -> None:
    assert fetch_files.Archive(url, 1, sha256).is_safe == safe


def test_what_lies_there_is_returned_at_once(tmp_path: Path, closed: str, capsys: pytest.CaptureFixture[str]) -> None:
    _zip(tmp_path / "birds.zip", a="of the archive")
    (tmp_path / "birds").mkdir()
    (tmp_path / "birds" / "a.txt").write_text("mine", "utf-8")
    assert _fetch(tmp_path, fetch_files.Archive(f"{closed}/birds.zip", 1)) == tmp_path / "birds"
    assert (tmp_path / "birds" / "a.txt").read_text("utf-8") == "mine"
    assert capsys.readouterr().out == ""


def test_an_archive_that_lies_there_is_unpacked_whatever_its_address(
    tmp_path: Path, closed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = _zip(tmp_path / "birds.zip", a="packed")
    assert _fetch(tmp_path, fetch_files.Archive(f"{closed}/birds.zip", 1)) == tmp_path / "birds"
    assert (tmp_path / "birds" / "a.txt").read_text("utf-8") == "packed"
    assert capsys.readouterr().out == f"  unpacking {packed}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["birds", "birds.zip"]


def test_several_archives_are_unpacked_into_one_folder(tmp_path: Path, closed: str) -> None:
    _zip(tmp_path / "one.zip", a="1")
    _zip(tmp_path / "two.zip", b="2")
    archives = [fetch_files.Archive(f"{closed}/{name}.zip", 1) for name in ("one", "two")]
    assert _fetch(tmp_path, *archives, names=("a", "b")) == tmp_path / "birds"


def test_an_archive_is_downloaded_checked_and_unpacked(
    tmp_path: Path, site: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    url, served = site
    root = tmp_path / "root"
    archive = fetch_files.Archive(f"{url}/birds.zip", 1, _sha256(_zip(served / "birds.zip", a="served")))
    assert _fetch(root, archive) == root / "birds"
    assert (root / "birds" / "a.txt").read_text("utf-8") == "served"
    assert capsys.readouterr().out == (
        f"  downloading {url}/birds.zip (1 MB) into {root}\n  unpacking {root / 'birds.zip'}\n"
    )


def test_a_download_with_a_wrong_checksum_is_not_unpacked(tmp_path: Path, site: tuple[str, Path]) -> None:
    url, served = site
    _zip(served / "birds.zip", a="served")
    with pytest.raises(errors.UserError, match="A downloaded file must have its published SHA-256"):
        _fetch(tmp_path / "root", fetch_files.Archive(f"{url}/birds.zip", 1, "0" * 64))
    assert not list((tmp_path / "root").iterdir())


def _message(root: Path, trouble: str, files: str = "birds.zip (1 MB)", paths: tuple[str, ...] = ("birds.zip",)) -> str:
    searched = "\n  ".join(str(root / path) for path in ("birds/a.txt", *paths))
    return (
        f"The list of birds must be on disk. Received: none of these paths:\n  {searched}\n{trouble}Download {files} "
        f"from\n  {_PAGE}\ninto {root}, packed or unpacked, or name the folder that contains it with data_dir."
    )


def test_http_without_a_checksum_is_not_downloaded(tmp_path: Path, site: tuple[str, Path]) -> None:
    url, served = site
    _zip(served / "birds.zip", a="served")
    with pytest.raises(errors.UserError) as caught:
        _fetch(tmp_path, fetch_files.Archive(f"{url}/birds.zip", 1))
    trouble = f"Not downloaded: {url}/birds.zip has neither https nor a published checksum.\n"
    assert str(caught.value) == _message(tmp_path, trouble)
    assert [path.name for path in tmp_path.iterdir()] == ["served"]


def test_where_downloads_are_forbidden_files_on_disk_are_unpacked_and_others_reported(
    tmp_path: Path, site: tuple[str, Path]
) -> None:
    url, served = site
    birds = _zip(served / "birds.zip", a="served")
    archive = fetch_files.Archive(f"{url}/birds.zip", 1, _sha256(birds))
    with fetch_files.forbid_downloads():
        with pytest.raises(errors.UserError, match="Not downloaded: .*birds.zip, because downloads are disabled here."):
            _fetch(tmp_path, archive)
        assert [path.name for path in tmp_path.iterdir()] == ["served"]
    assert _fetch(tmp_path, archive) == tmp_path / "birds"


def test_a_server_that_cannot_be_reached_is_reported_with_all_paths_page_and_folder(
    tmp_path: Path, closed: str
) -> None:
    with pytest.raises(errors.UserError) as caught:
        _fetch(tmp_path, fetch_files.Archive(f"{closed}/birds.zip", 1, "0" * 64))
    trouble = f"Could not download {closed}/birds.zip: the server cannot be reached.\n"
    assert str(caught.value) == _message(tmp_path, trouble)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert not list(tmp_path.iterdir())


def test_a_file_that_the_server_has_not_is_reported(tmp_path: Path, site: tuple[str, Path]) -> None:
    url, _ = site
    with pytest.raises(errors.UserError) as caught:
        _fetch(tmp_path, fetch_files.Archive(f"{url}/birds.zip?download=1", 1, "0" * 64))
    trouble = f"Could not download {url}/birds.zip?download=1: status 404.\n"
    assert str(caught.value) == _message(tmp_path, trouble)


def test_all_archives_are_named_though_the_first_has_failed(tmp_path: Path, closed: str) -> None:
    archives = [fetch_files.Archive(f"{closed}/{name}.zip", size) for name, size in (("one", 1), ("two", 2000))]
    with pytest.raises(errors.UserError) as caught:
        _fetch(tmp_path, *archives)
    trouble = f"Not downloaded: {closed}/one.zip has neither https nor a published checksum.\n"
    assert str(caught.value) == _message(tmp_path, trouble, "one.zip (1 MB) and two.zip (2 GB)", ("one.zip", "two.zip"))


def test_an_archive_that_holds_something_else_is_reported(tmp_path: Path, closed: str) -> None:
    _zip(tmp_path / "birds.zip", other="another file")
    with pytest.raises(errors.UserError) as caught:
        _fetch(tmp_path, fetch_files.Archive(f"{closed}/birds.zip", 1))
    trouble = "Unpacked birds.zip, which does not contain it.\n"
    assert str(caught.value) == _message(tmp_path, trouble)


def test_a_damaged_archive_is_reported_and_not_downloaded_over(tmp_path: Path, closed: str) -> None:
    (tmp_path / "birds.zip").write_bytes(b"half of it")
    with pytest.raises(errors.UserError, match="An archive must be complete.*Delete it, and download it again"):
        _fetch(tmp_path, fetch_files.Archive(f"{closed}/birds.zip", 1, "0" * 64))
    assert (tmp_path / "birds.zip").read_bytes() == b"half of it"


def test_the_second_waits_and_finds_what_the_first_fetched(
    tmp_path: Path, closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"

    def work() -> None:
        (root / "birds").mkdir()
        (root / "birds" / "a.txt").touch()

    with holding.another_process(locks.within(root)) as process:
        lines = holding.end_when_waited_for(monkeypatch, process, work)
        archive = fetch_files.Archive(f"{closed}/birds.zip", "1 kB", sha256="0" * 64)
        assert _fetch(root, archive) == root / "birds"
    assert len(lines) == 1 and lines[0].endswith(f", which writes the list of birds in {root}")
    assert [path.name for path in root.iterdir()] == ["birds"]


def test_what_a_killed_process_had_unpacked_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".unpacking" / "birds").mkdir(parents=True)
    (tmp_path / ".unpacking" / "birds" / "half.txt").touch()
    _zip(tmp_path / "birds.zip", a="one")
    assert _fetch(tmp_path, fetch_files.Archive("https://example.org/birds.zip", 0.001)) == tmp_path / "birds"
    assert {path.name for path in tmp_path.iterdir()} == {"birds", "birds.zip"}
    assert [path.name for path in (tmp_path / "birds").iterdir()] == ["a.txt"]
