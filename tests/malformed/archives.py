# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Archives of data: damaged, with names that lead out, links and devices, and ones that unpack to very much."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from malformed import mutations
from niwt_tf.data.files import archives

_FILES = {
    "images/ant/0.txt": b"0" * 500,
    "images/bee/1.txt": b"1" * 700,
    "classes.txt": b"1 ant\n2 bee\n",
    "é.txt": b"e",
}
_MOST = 2**26  # bytes of an archive
_MODES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}


def cases(seed: int, count: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the cases, see `harness`."""
    return mutations.deal(_MAKERS, seed, count, folder)


def _zip(files: dict[str, bytes], **options: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **{"compression": zipfile.ZIP_DEFLATED, **options}) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _tar(files: dict[str, bytes], mode: str = "w:gz", *others: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in others:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return stream.getvalue()


def _unpack(place: Path, archive: Path) -> dict[str, bytes]:
    """Unpack an archive, and check that all lies in the folder, and that a failure leaves nothing there."""
    target = place / "target"
    before = set(place.iterdir()) | {target}
    try:
        archives.unpack(archive, target, _MOST)
    except Exception:
        if target.exists() and any(target.iterdir()):
            raise AssertionError(f"left behind: {sorted(target.rglob('*'))}") from None
        raise
    outside = set(place.iterdir()) - before
    if outside or any(path.is_symlink() or not (path.is_file() or path.is_dir()) for path in target.rglob("*")):
        raise AssertionError(f"outside, or no file: {outside} {sorted(target.rglob('*'))}")
    return {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()}


def _archive(rng: np.random.Generator, place: Path, files: dict[str, bytes] = _FILES) -> Path:
    ending = mutations.choose(rng, (".zip", *_MODES))
    path = place / f"data{ending}"
    path.write_bytes(_zip(files) if ending == ".zip" else _tar(files, _MODES[ending]))
    return path


def _damaged(rng: np.random.Generator, place: Path) -> object:
    """Damage an archive: its files are those that were packed, or it is told."""
    path = _archive(rng, place)
    content = mutations.damage(rng, path.read_bytes())
    path.write_bytes(content)
    result = _unpack(place, path)
    has_checksum = not path.name.endswith(".tar")
    if has_checksum and not result.items() <= _FILES.items() and set(result.values()) - set(_FILES.values()):
        mutations.must_refuse(result)
    if has_checksum and len(result) < len(_FILES):
        mutations.must_refuse((path.name, sorted(result)))
    return sorted(result)


def _truncated(rng: np.random.Generator, place: Path) -> object:
    """Cut off the end: it is told, or only zeros after the two blocks that end a .tar are gone."""
    path = _archive(rng, place)
    content = path.read_bytes()
    path.write_bytes(content[: rng.integers(len(content) - len(content) // 4)])
    result = _unpack(place, path)
    if path.suffix != ".tar" or result != _FILES:
        mutations.must_refuse(result)
    return sorted(result)


def _leading_out(rng: np.random.Generator, place: Path) -> object:
    """Name files outside the folder: nothing may be written."""
    names = (
        *("../out.txt", "images/../../out.txt", "/tmp/niwt-out.txt", f"{place}/out.txt", "..\\out.txt", "C:\\out.txt"),
        *("C:out.txt", "\\out.txt", "//server/out.txt", "images/../../../../../../../../tmp/niwt-out.txt", "..", "../"),
    )
    name = mutations.choose(rng, names)
    ending = mutations.choose(rng, (".zip", *_MODES))
    path, files = place / f"data{ending}", {"a.txt": b"a", name: b"out", "b.txt": b"b"}
    path.write_bytes(_zip(files) if ending == ".zip" else _tar(files, _MODES[ending]))
    mutations.must_refuse(_unpack(place, path))
    return None


def _odd_members(rng: np.random.Generator, place: Path) -> object:
    """Pack links, devices and pipes, also as folders of files that follow."""
    member = tarfile.TarInfo(mutations.choose(rng, ("link", "images/ant", "images", "a/b/c")))
    member.type = mutations.choose(
        rng, (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"Z")
    )
    member.linkname = mutations.choose(rng, ("..", "/tmp", "/etc/passwd", "classes.txt", ".", "link"))
    ending = mutations.choose(rng, _MODES)
    path = place / f"data{ending}"
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=_MODES[ending]) as archive:
        archive.addfile(member)
        for name in ("link/out.txt", "images/ant/0.txt"):
            file = tarfile.TarInfo(name)
            file.size = 3
            archive.addfile(file, io.BytesIO(b"out"))
    path.write_bytes(stream.getvalue())
    return _unpack(place, path)


def _zip_link(rng: np.random.Generator, place: Path) -> object:
    path = place / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        member = zipfile.ZipInfo(mutations.choose(rng, ("link", "images", "a/b")))
        member.create_system, member.external_attr = 3, int(mutations.choose(rng, (0o120777, 0o010644, 0o020644))) << 16
        archive.writestr(member, mutations.choose(rng, ("..", "/tmp", "classes.txt")))
        archive.writestr("link/out.txt", "out")
    return _unpack(place, path)


def _names(rng: np.random.Generator, place: Path) -> object:
    """Pack strange names: long, empty, of folders and files at once, twice, or with control characters."""
    names = (
        *mutations.STRANGE_TEXTS,
        *mutations.CONTROL_NAMES,
        "a" * 300,
        "a/" * 2_000 + "b",
        "CON",
        "a:b",
        "a//b",
        "a/./b",
    )
    lists = (
        [mutations.choose(rng, names)],
        ["a", mutations.choose(rng, names)],
        ["a", "a/b"],
        ["a/b", "a"],
        ["a/", "a"],
        ["a", "A"],
        ["a", "a"],
        [".unpacking-", mutations.choose(rng, names)],
    )
    ending = mutations.choose(rng, (".zip", *_MODES))
    path, chosen = place / f"data{ending}", mutations.choose(rng, lists)
    stream = io.BytesIO()
    try:
        if ending == ".zip":
            with zipfile.ZipFile(stream, "w") as archive:
                for name in chosen:
                    archive.writestr(zipfile.ZipInfo(name), b"x")
        else:
            with tarfile.open(fileobj=stream, mode=_MODES[ending], format=tarfile.PAX_FORMAT) as archive:
                for name in chosen:
                    member = tarfile.TarInfo(name)
                    member.size = 1
                    archive.addfile(member, io.BytesIO(b"x"))
    except Exception as error:  # no archive can hold this name
        stream = io.BytesIO(str(error).encode())
    path.write_bytes(stream.getvalue())
    return sorted(_unpack(place, path))


def _bomb(rng: np.random.Generator, place: Path) -> object:
    """Pack what unpacks to hundreds of times its size, or to very many files: it must be told before."""
    zeros = bytes(2**25)
    bombs = {
        ".zip": lambda: _zip({"a": zeros}, compresslevel=9),
        ".tar.gz": lambda: _tar({"a": zeros}),
        "behind.tgz": lambda: gzip.compress(_tar(_FILES, "w") + zeros),
        ".tar.xz": lambda: _tar({"a": zeros}, "w:xz"),
        ".tar.bz2": lambda: _tar({"a": zeros}, "w:bz2"),
        "many.zip": lambda: _list_of_files(250_000),
    }
    name = mutations.choose(rng, bombs)
    path = place / f"data{name}"
    path.write_bytes(bombs[name]())
    mutations.must_refuse(len(_unpack(place, path)))
    return None


def _list_of_files(count: int) -> bytes:
    """Write a zip file that lists `count` empty files, and holds none: zipfile takes minutes to write as many."""
    names = [b"%06d" % number for number in range(count)]
    listed = b"".join(
        struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 33, 0, 0, 0, len(name), *[0] * 6) + name
        for name in names
    )
    return listed + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 65_535, 65_535, len(listed), 0, 0)


def _encrypted(rng: np.random.Generator, place: Path) -> object:
    content = bytearray(_zip(_FILES))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(mark)
        content[start + offset] |= int(mutations.choose(rng, (1, 0x40, 0x41)))
    method = int(mutations.choose(rng, (8, 1, 9, 12, 99)))
    start = content.find(b"PK\x01\x02")
    content[start + 10 : start + 12] = method.to_bytes(2, "little")
    path = place / "data.zip"
    path.write_bytes(bytes(content))
    mutations.must_refuse(_unpack(place, path))
    return None


def _misplaced(rng: np.random.Generator, place: Path) -> object:
    path = place / f"data{mutations.choose(rng, ('.zip', *_MODES))}"
    mutations.misplace(rng, path)
    mutations.must_refuse(_unpack(place, path))
    return None


def _misnamed(rng: np.random.Generator, place: Path) -> object:
    """Give an archive the ending of another kind."""
    content = mutations.choose(rng, (_zip(_FILES), *(_tar(_FILES, mode) for mode in _MODES.values()), os.urandom(10)))
    path = place / f"data{mutations.choose(rng, ('.zip', '.tar', '.tgz', '.gz', '', '.ZIP', '.tar.bz2'))}"
    path.write_bytes(content)
    result = _unpack(place, path)
    if result != _FILES:
        mutations.must_refuse(result)
    return sorted(result)


def _claiming(rng: np.random.Generator, place: Path) -> object:
    """Change the sizes that a header claims."""
    content = bytearray(_zip({"a.txt": b"a" * 1000, "b.txt": b"b" * 1000}))
    start = content.find(b"PK\x01\x02") + int(mutations.choose(rng, (16, 20, 24, 42)))
    content[start : start + 4] = int(mutations.choose(rng, (0, 1, 999, 1001, 2**31, 2**32 - 1))).to_bytes(4, "little")
    path = place / "data.zip"
    path.write_bytes(bytes(content))
    result = _unpack(place, path)
    if result != {"a.txt": b"a" * 1000, "b.txt": b"b" * 1000}:
        mutations.must_refuse(result)
    return result


_MAKERS: dict[str, mutations.Maker] = {
    "damaged": _damaged,
    "damaged again": _damaged,
    "damaged once more": _damaged,
    "truncated": _truncated,
    "leading out": _leading_out,
    "leading out, again": _leading_out,
    "odd members": _odd_members,
    "a link in a zip": _zip_link,
    "names": _names,
    "names again": _names,
    "a bomb": _bomb,
    "encrypted": _encrypted,
    "misplaced": _misplaced,
    "misnamed": _misnamed,
    "claiming": _claiming,
}
