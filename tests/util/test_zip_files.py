# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of opening zip files from elsewhere."""

from __future__ import annotations

import re
import warnings
import zipfile
from pathlib import Path

import pytest

from niwt_tf import errors
from niwt_tf.util import zip_files


def _write(path: Path, members: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as archive:
        warnings.simplefilter("ignore")  # a name twice
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return path


def _read(path: Path, times: int = zip_files.TIMES) -> dict[str, bytes]:
    with zip_files.opened(path, times) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    members = {"a/b.txt": b"stripes" * 100, "c": b""}
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        assert _read(_write(tmp_path / "a.zip", list(members.items()), method)) == members


@pytest.mark.parametrize(
    ("members", "method", "trouble"),
    [
        ([("a", b""), ("../b", b"")], zipfile.ZIP_STORED, "holds '../b', which leads out of the folder"),
        ([("/b", b"")], zipfile.ZIP_STORED, "holds '/b', which leads out of the folder"),
        ([("C:b", b"")], zipfile.ZIP_STORED, "holds 'C:b', which leads out of the folder"),
        ([("b\\..\\..", b"")], zipfile.ZIP_STORED, "holds 'b\\\\..\\\\..', which leads out of the folder"),
        ([("a", b"1"), ("a", b"2")], zipfile.ZIP_STORED, "holds files more than once: a"),
        ([("a", b"1")], zipfile.ZIP_BZIP2, "holds 'a', which is compressed by another method than deflate"),
        ([("a", b"1")], zipfile.ZIP_LZMA, "holds 'a', which is compressed by another method than deflate"),
    ],
)
def test_what_is_unsafe_to_unpack_is_refused(
    members: list[tuple[str, bytes]], method: int, trouble: str, tmp_path: Path
) -> None:
    with pytest.raises(zip_files.DamagedZipError, match=f"^{re.escape(trouble)}$"):
        _read(_write(tmp_path / "a.zip", members, method))


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(zip_files.DamagedZipError, match="holds 'a', which is a link"):
        _read(tmp_path / "a.zip")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.zip", [("a", b"\0" * 2**25)], zipfile.ZIP_DEFLATED)
    size = path.stat().st_size
    with pytest.raises(zip_files.DamagedZipError) as caught:
        _read(path)
    assert str(caught.value) == f"unpacks to 33,554,432 bytes, more than 16,777,216, the limit for {size:,} bytes"
    assert len(_read(path, times=2000)["a"]) == 2**25  # what a caller allows


def test_members_that_overlap_are_refused() -> None:
    members = [zipfile.ZipInfo(name) for name in "ab"]
    for member in members:
        member.compress_size = member.file_size = 60
    zip_files.check(members, 120)
    with pytest.raises(zip_files.DamagedZipError, match="holds files that overlap"):
        zip_files.check(members, 119)


def test_more_than_any_archive_holds_is_refused() -> None:
    member = zipfile.ZipInfo("a")
    member.file_size = zip_files.MOST_BYTES + 1
    with pytest.raises(zip_files.DamagedZipError, match="unpacks to 274,877,906,945 bytes, more than 274,877,906,944"):
        zip_files.check([member], 2**40)


@pytest.mark.parametrize("kept", [0, 1, 30, 0.5, 0.9])
def test_a_file_that_was_cut_short_is_refused(kept: float, tmp_path: Path) -> None:
    path = _write(tmp_path / "a.zip", [("a", bytes(range(256)) * 9)])
    data = path.read_bytes()
    path.write_bytes(data[: int(kept if kept >= 1 else kept * len(data))])
    with pytest.raises(zip_files.DamagedZipError, match="is not a complete zip file: "):
        _read(path)


def test_a_size_that_lies_shows_while_reading(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.zip", [("a", b"stripes" * 100)], zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    first = data.index(b"PK\x01\x02")
    data[first + 24 : first + 28] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(zip_files.DamagedZipError, match="is not a complete zip file: Bad CRC-32"):
        _read(path)


def test_errors_of_the_block_pass(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.zip", [])
    with pytest.raises(errors.UserError, match="mine"), zip_files.opened(path):
        raise errors.UserError("mine")
    with pytest.raises(errors.UserError, match="A file must be a regular one .*, no such file"):
        _read(tmp_path / "none.zip")
