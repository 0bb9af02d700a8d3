# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of unpacking: completely or not at all, and never outside the folder named."""

from __future__ import annotations

import gzip
import io
import os
import random
import re
import stat
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from niwt_tf import errors
from niwt_tf.data.files import archives
from niwt_tf.util import zip_files

_KINDS = ("a.zip", "a.tar", "a.tgz", "a.tar.gz")
_FILES = {"images/ant/1.jpg": b"one", "images/bee/2.jpg": b"two" * 1000, "about.txt": b"three"}
_MOST = 2**24  # bytes of an archive
_NOISE = {f"noise/{number}.bin": random.Random(number).randbytes(5000) for number in range(20)}


def _pack(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write an archive of the kind that its name says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in files.items():
                packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    else:
        with tarfile.open(path, "w" if path.suffix == ".tar" else "w:gz") as packed:
            for name, content in files.items():
                _add(packed, name, content)
    return path


def _add(packed: tarfile.TarFile, name: str, content: bytes = b"", **fields: Any) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for field, value in fields.items():
        setattr(member, field, value)
    packed.addfile(member, io.BytesIO(content))


def _contents(folder: Path) -> dict[str, bytes | None]:
    """Return all below a folder: relative path -> what it holds, None for a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files of its own, two levels below what a test may look at."""
    folder = tmp_path / "outer" / "folder"
    (folder / "images" / "ant").mkdir(parents=True)
    (folder / "images" / "ant" / "0.jpg").write_bytes(b"mine")
    (folder / "about.txt").write_bytes(b"old")
    return folder


def _assert_refused(archive: Path, folder: Path, message: str) -> None:
    """The message, and no file anywhere that was not there before."""
    everything = archive.parent
    before = _contents(everything)
    with pytest.raises(errors.UserError) as caught:
        archives.unpack(archive, folder, _MOST)
    assert str(caught.value) == message
    assert _contents(everything) == before


def _unsafe(archive: Path, name: str, why: str = "leads out of the folder") -> str:
    return _refused(archive, f"holds {name!r}, which {why}")


def _refused(archive: Path, why: str) -> str:
    return (
        f"An archive must be complete and safe to unpack. Received: {archive}, which {why}. Nothing was unpacked. "
        "Delete it, and download it again from its official page."
    )


@pytest.mark.parametrize("kind", [*_KINDS, "A.ZIP"])
def test_files_arrive_byte_for_byte_in_a_new_folder(tmp_path: Path, kind: str) -> None:
    packed = _pack(tmp_path / kind.lower(), _FILES).rename(tmp_path / kind)
    archives.unpack(packed, tmp_path / "new" / "folder", _MOST)
    found = {name: content for name, content in _contents(tmp_path / "new" / "folder").items() if content is not None}
    assert found == _FILES


@pytest.mark.parametrize("kind", _KINDS)
def test_what_lies_there_is_kept_but_for_files_of_the_same_name(tmp_path: Path, folder: Path, kind: str) -> None:
    archives.unpack(_pack(tmp_path / kind, _FILES), folder, _MOST)
    found = {name: content for name, content in _contents(folder).items() if content is not None}
    assert found == _FILES | {"images/ant/0.jpg": b"mine"}


@pytest.mark.parametrize("kind", ["a.zip", "a.tar", "a.tgz"])
@pytest.mark.parametrize(
    "name",
    ["../x", "images/../../x", "/tmp/niwt-x", "C:\\x", "C:x", "..\\x", "\\x", "\\\\host\\share\\x", "a\\..\\..\\x"],
)
def test_names_that_lead_out_are_refused_and_nothing_is_written(
    tmp_path: Path, folder: Path, kind: str, name: str
) -> None:
    archive = _pack(tmp_path / kind, {"images/ant/1.jpg": b"one", name: b"evil", "z.txt": b""})
    _assert_refused(archive, folder, _unsafe(archive, name))
    assert not Path("/tmp/niwt-x").exists()


@pytest.mark.parametrize("name", ["a..b/x", "...", "images/..hidden", "a b/c:d.jpg"])
@pytest.mark.parametrize("kind", ["a.zip", "a.tgz"])
def test_names_that_only_look_so_are_unpacked(tmp_path: Path, kind: str, name: str) -> None:
    archives.unpack(_pack(tmp_path / kind, {name: b"fine"}), tmp_path / "folder", _MOST)
    assert _contents(tmp_path / "folder")[name] == b"fine"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("target", ["/etc", "../..", "images/ant/1.jpg"])
def test_links_in_tar_files_are_refused(tmp_path: Path, folder: Path, kind: bytes, target: str) -> None:
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w") as packed:
        _add(packed, "images/ant/1.jpg", b"one")
        _add(packed, "way", type=kind, linkname=target)
        _add(packed, "way/passwd", b"evil")
    _assert_refused(archive, folder, _unsafe(archive, "way", "is a link"))


def test_links_in_zip_files_are_refused(tmp_path: Path, folder: Path) -> None:
    archive = _pack(tmp_path / "a.zip", _FILES)
    with zipfile.ZipFile(archive, "a") as packed:
        link = zipfile.ZipInfo("way")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc")
    _assert_refused(archive, folder, _unsafe(archive, "way", "is a link"))


def test_devices_and_pipes_are_left_out(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as packed:
        _add(packed, "pipe", type=tarfile.FIFOTYPE)
        _add(packed, "device", type=tarfile.CHRTYPE)
        _add(packed, "file", b"fine", mode=0o4000)
    archives.unpack(tmp_path / "a.tar", tmp_path / "folder", _MOST)
    assert _contents(tmp_path / "folder") == {"file": b"fine"}


def _assert_damaged(archive: Path, folder: Path) -> None:
    before = _contents(archive.parent)
    with pytest.raises(errors.UserError) as caught:
        archives.unpack(archive, folder, _MOST)
    message = str(caught.value)
    assert message.startswith(f"An archive must be complete and safe to unpack. Received: {archive}, which ")
    assert message.endswith(". Nothing was unpacked. Delete it, and download it again from its official page.")
    assert _contents(archive.parent) == before


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\0" * 100])
def test_what_is_no_archive_is_reported(tmp_path: Path, folder: Path, kind: str, content: bytes) -> None:
    (tmp_path / kind).write_bytes(content)
    _assert_damaged(tmp_path / kind, folder)


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.9])
def test_an_archive_cut_short_is_reported_and_leaves_nothing(
    tmp_path: Path, folder: Path, kind: str, share: float
) -> None:
    archive = _pack(tmp_path / kind, _FILES | _NOISE)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(share * len(content))])
    _assert_damaged(archive, folder)


@pytest.mark.parametrize("kind", ["a.tar", "a.tgz"])
def test_an_archive_without_files_is_reported(tmp_path: Path, folder: Path, kind: str) -> None:
    _assert_refused(_pack(tmp_path / kind, {}), folder, _refused(tmp_path / kind, "cannot be read (it is empty)"))


def test_a_tar_file_cut_short_between_two_files_is_reported(tmp_path: Path, folder: Path) -> None:
    archive = _pack(tmp_path / "a.tar", {"one.bin": b"1" * 512, "two.bin": b"2" * 512})
    archive.write_bytes(archive.read_bytes()[:1024])
    _assert_damaged(archive, folder)


def test_a_tar_file_with_a_damaged_head_of_a_file_is_reported(tmp_path: Path, folder: Path) -> None:
    archive = _pack(tmp_path / "a.tar", {"one.bin": b"1" * 512, "two.bin": b"2" * 512})
    content = bytearray(archive.read_bytes())
    content[1024:1034] = b"XXXXXXXXXX"
    archive.write_bytes(content)
    _assert_damaged(archive, folder)


@pytest.mark.parametrize("kind", ["a.zip", "a.tgz"])
@pytest.mark.parametrize("place", [0.1, 0.2, 0.4, 0.6, 0.8])
def test_changed_bytes_are_reported_and_leave_nothing(tmp_path: Path, folder: Path, kind: str, place: float) -> None:
    archive = _pack(tmp_path / kind, _NOISE)
    content = bytearray(archive.read_bytes())
    start = int(place * len(content))
    content[start : start + 40] = bytes(byte ^ 0x5A for byte in content[start : start + 40])
    archive.write_bytes(content)
    _assert_damaged(archive, folder)


def test_a_zip_file_with_a_password_is_reported(tmp_path: Path, folder: Path) -> None:
    archive = _pack(tmp_path / "a.zip", _FILES)
    content = bytearray(archive.read_bytes())
    for head, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(head)
        while start >= 0:
            content[start + flags] |= 1
            start = content.find(head, start + 1)
    archive.write_bytes(content)
    _assert_damaged(archive, folder)


@pytest.mark.parametrize("kind", _KINDS)
def test_a_call_cut_short_leaves_the_folder_as_it_was(
    tmp_path: Path, folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = _pack(tmp_path / kind, _FILES)
    before, written = _contents(tmp_path), []
    for owner in (zipfile.ZipFile, tarfile.TarFile):
        monkeypatch.setattr(owner, "extract", _interrupted(owner.extract, written))
    with pytest.raises(KeyboardInterrupt):
        archives.unpack(archive, folder, _MOST)
    assert len(written) == 2, "one file was there already"
    assert _contents(tmp_path) == before


def _interrupted(extract: Any, written: list[str]) -> Any:
    """Return an `extract` that is interrupted at its second file."""

    def wrapped(self: Any, member: Any, *arguments: Any, **options: Any) -> Any:
        written.append(member)
        if len(written) == 2:
            raise KeyboardInterrupt
        return extract(self, member, *arguments, **options)

    return wrapped


def test_a_full_disk_is_an_error_of_the_system_and_leaves_nothing(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    archive = _pack(tmp_path / "a.zip", _FILES)
    before = _contents(tmp_path)
    monkeypatch.setattr(zipfile.ZipFile, "extract", full)
    with pytest.raises(OSError, match="No space left"):
        archives.unpack(archive, folder, _MOST)
    assert _contents(tmp_path) == before


def test_an_archive_that_is_not_there_is_told(tmp_path: Path) -> None:
    for name in ("none.zip", "none.tgz"):
        with pytest.raises(errors.UserError, match=f"Received: {tmp_path / name}, no such file."):
            archives.unpack(tmp_path / name, tmp_path / "folder", _MOST)


@pytest.mark.parametrize("kind", _KINDS)
def test_an_archive_larger_than_its_publisher_says_is_not_opened(tmp_path: Path, folder: Path, kind: str) -> None:
    path = _pack(tmp_path / kind, _FILES)
    os.truncate(path, 10 * 2**40)  # zeros without end, which no disk has to hold
    message = (
        f"A file of this kind must have at most 16,777,216 bytes. Received: {path}, with 10,995,116,277,760 bytes."
    )
    with pytest.raises(errors.UserError, match=re.escape(message)):
        archives.unpack(path, folder, _MOST)


@pytest.mark.parametrize("kind", ["a.tar", "a.tgz", "a.tar.gz"])
def test_zeros_are_not_tried_by_other_methods_whose_archives_they_might_begin(
    tmp_path: Path, folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LZMA takes 18 zeros for an empty archive with another behind it."""
    for method in ("xzopen", "bz2open"):
        monkeypatch.setattr(tarfile.TarFile, method, lambda *_, **__: pytest.fail("tried"))
    (tmp_path / kind).write_bytes(bytes(_MOST))
    _assert_damaged(tmp_path / kind, folder)


@pytest.mark.parametrize("kind", ["a.zip", "a.tgz", "a.tar.gz"])
def test_an_archive_that_unpacks_to_far_more_than_it_has_is_refused(tmp_path: Path, folder: Path, kind: str) -> None:
    path = _pack(tmp_path / kind, {"a": b"1", "zeros": bytes(2**25)})
    size = path.stat().st_size
    why = f"unpacks to 33,554,433 bytes, more than 16,777,216, the limit for {size:,} bytes"
    _assert_refused(path, folder, _refused(path, why))


@pytest.mark.parametrize("kind", _KINDS)
def test_an_archive_of_too_many_files_is_refused(
    tmp_path: Path, folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_files, "MOST_MEMBERS", 2)
    path = _pack(tmp_path / kind, _FILES)
    _assert_refused(path, folder, _refused(path, "holds 3 files, more than 2"))


def test_zeros_behind_the_end_are_bounded(tmp_path: Path, folder: Path) -> None:
    content = gzip.decompress(_pack(tmp_path / "a.tgz", _FILES).read_bytes())
    path = tmp_path / "b.tgz"
    path.write_bytes(gzip.compress(content + bytes(2**25)))
    with pytest.raises(errors.UserError, match=r"which unpacks to .* bytes, more than 16,777,216, the limit"):
        archives.unpack(path, folder, _MOST)


@pytest.mark.parametrize("method", ["w:bz2", "w:xz"])
def test_other_methods_are_refused(tmp_path: Path, folder: Path, method: str) -> None:
    with tarfile.open(tmp_path / "a.tgz", method) as packed:
        _add(packed, "a", b"1")
    _assert_damaged(tmp_path / "a.tgz", folder)


@pytest.mark.parametrize("names", [("a", "a/b"), ("a" * 300,)])
@pytest.mark.parametrize("kind", ["a.tar", "a.tgz"])
def test_names_that_no_disk_takes_are_told(tmp_path: Path, folder: Path, kind: str, names: tuple[str, ...]) -> None:
    before = _contents(folder)
    path = _pack(tmp_path / kind, dict.fromkeys(names, b"x"))
    with pytest.raises(errors.UserError, match="An archive must be complete and .* Received: .* which cannot be read"):
        archives.unpack(path, folder, _MOST)
    assert _contents(folder) == before


@pytest.mark.parametrize("kind", _KINDS)
def test_what_is_no_file_is_not_opened(tmp_path: Path, folder: Path, kind: str) -> None:
    os.mkfifo(tmp_path / kind)
    with pytest.raises(errors.UserError, match="A file must be a regular one that can be read. Received: .*, a pipe"):
        archives.unpack(tmp_path / kind, folder, _MOST)
