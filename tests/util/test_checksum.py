# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of checksums."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from niwt_tf import errors
from niwt_tf.util import checksum


def test_sha256_is_of_the_files_one_after_the_other(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(bytes(range(256)) * 10_000)
    second.write_bytes(b"the rest")
    assert checksum.sha256(first, second) == hashlib.sha256(first.read_bytes() + second.read_bytes()).hexdigest()
    assert checksum.sha256(second, first) != checksum.sha256(first, second)
    assert checksum.sha256() == hashlib.sha256().hexdigest()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where checksums are remembered, which is empty; all files count as large, and as settled."""
    monkeypatch.setenv("NIWT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(checksum, "_SMALL", 0)
    monkeypatch.setattr(checksum, "_SETTLED", -60.0)
    checksum._in_process.clear()
    return tmp_path / "cache" / "checksums"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are read."""
    names: list[str] = []
    whole = checksum.sha256
    monkeypatch.setattr(checksum, "sha256", lambda path: (names.append(path.name), whole(path))[1])
    return names


def _replace(path: Path, content: bytes) -> None:
    """Write other bytes at equal time of modification, after at least a tick of the file system's clock."""
    status = path.stat()
    time.sleep(0.05)
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_large_file_is_read_once_by_all_processes(tmp_path: Path, store: Path, read: list[str]) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"content")
    for _ in range(2):
        assert checksum.remembered(path) == hashlib.sha256(b"content").hexdigest()
        checksum._in_process.clear()  # as in another process
    assert read == ["large"]
    assert len(list(store.iterdir())) == 1


def test_a_file_replaced_at_equal_size_and_time_is_read_again(tmp_path: Path, store: Path, read: list[str]) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"content")
    first = checksum.remembered(path)
    _replace(path, b"CONTENT")
    assert checksum.remembered(path) == hashlib.sha256(b"CONTENT").hexdigest() != first
    assert read == ["large", "large"]


def test_a_file_that_may_still_change_within_a_tick_is_not_remembered(
    tmp_path: Path, store: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checksum, "_SETTLED", 60.0)
    (tmp_path / "large").write_bytes(b"content")
    assert checksum.remembered(tmp_path / "large") == checksum.remembered(tmp_path / "large")
    assert read == ["large", "large"] and not store.exists()


def test_a_tree_is_read_once_and_again_once_a_name_or_a_content_changes(
    tmp_path: Path, store: Path, read: list[str]
) -> None:
    files = {name: tmp_path / name for name in ("a", "b")}
    for path in files.values():
        path.write_bytes(b"content")
    first = checksum.remembered_tree(files.items())
    assert checksum.remembered_tree(reversed(files.items())) == first
    assert read == ["a", "b"]
    assert checksum.remembered_tree([("a", files["a"]), ("c", files["b"])]) != first
    _replace(files["b"], b"CONTENT")
    assert checksum.remembered_tree(files.items()) != first
    files["b"].unlink()
    assert checksum.remembered_tree(files.items()) != first, "a missing file counts by what it is"


def test_what_is_remembered_is_believed_only_if_it_is_a_checksum(tmp_path: Path, store: Path) -> None:
    (tmp_path / "large").write_bytes(b"content")
    first = checksum.remembered(tmp_path / "large")
    (entry,) = store.iterdir()
    for damaged in (b"", b"0" * 63, b"\xff" * 64):
        entry.write_bytes(damaged)
        checksum._in_process.clear()
        assert checksum.remembered(tmp_path / "large") == first


def test_without_a_folder_to_remember_in_the_checksum_is_the_same(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "large").write_bytes(b"content")
    (tmp_path / "cache").write_bytes(b"a file")
    assert checksum.remembered(tmp_path / "large") == hashlib.sha256(b"content").hexdigest()
    monkeypatch.delenv("NIWT_CACHE_DIR")
    monkeypatch.setattr(Path, "expanduser", _no_home)
    checksum._in_process.clear()
    assert checksum.remembered(tmp_path / "large") == hashlib.sha256(b"content").hexdigest()


def _no_home(path: Path) -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_the_oldest_are_forgotten_once_too_many_are_remembered(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checksum, "_MOST_REMEMBERED", 4)
    for number in range(5):
        (tmp_path / "large").write_bytes(bytes([number]))
        time.sleep(0.01)
        checksum.remembered(tmp_path / "large")
    assert len(list(store.iterdir())) == 3


def test_what_is_no_regular_file_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(errors.UserError, match="a pipe"):
        checksum.remembered(tmp_path / "pipe")


def test_of_a_file_larger_than_anybody_reads_the_size_alone_counts(tmp_path: Path) -> None:
    (tmp_path / "huge").touch()
    found = []
    for size in (10 * 2**40, 10 * 2**40, 11 * 2**40):
        os.truncate(tmp_path / "huge", size)  # no disk has to hold it; reading it takes hours
        found.append(checksum.remembered_tree([("huge", tmp_path / "huge")], most=2**20))
    assert found[0] == found[1] != found[2]
