# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Damage files and texts, and put surprises in the place of files; all choices follow from a generator of numbers."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Maker = Callable[[np.random.Generator, Path], object]

STRANGE_TEXTS = (
    *("", " ", "\0", "\n", "\r\n", "\t", "-", "--", "=", ",", ";", "'", '"', '""', "\\", "/", ".", "..", "../..", "~"),
    *("nan", "NaN", "inf", "-inf", "1e999", "-1e999", "1e-999", "1_000", "0x10", "١٢٣", "1,5", "1.2.3", "--1", "+-1"),
    *("-1", "0", "1e5", "9" * 400, "-" + "9" * 400, "1" + "0" * 5000, "x" * 5000, "ä" * 3000, "\u202e", "\ufeff"),
    *("\x1b]0;title\x07", "\x1b[31mred", "\x85", "\u2028", "\ud7ff", "🦓" * 500, "=1+1", "@SUM(A1)", "None", "null"),
    *("true", "[]", "{}", "[" * 500, "{" * 500, "%s%n", "$HOME", "`id`", "<b>", "&amp;", "zebra\nzebra", "a\0b"),
)
CONTROL_NAMES = (
    "a\nb",
    "a\tb",
    "a\x1b[31mb",
    "\x1b]0;t\x07",
    "a\rb",
    "\x7f",
    "-a",
    "--flag",
    "a b",
    "'\"",
    "é",
    "e\u0301",
)


def deal(
    makers: Mapping[str, Maker], seed: int, count: int, folder: Path
) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield `count` cases, of every maker equally many, in an order that the seed shuffles."""
    order = np.random.default_rng(seed).permutation(list(makers))
    for number in range(count):
        name = str(order[number % len(order)])
        yield name, functools.partial(_act, makers[name], seed, number, folder / str(number))


def _act(maker: Maker, seed: int, number: int, place: Path) -> object:
    place.mkdir(parents=True)
    return maker(np.random.default_rng([seed, number]), place)


def choose(rng: np.random.Generator, values: Any) -> Any:
    """Choose one of several values."""
    listed = list(values)
    return listed[rng.integers(len(listed))]


def must_refuse(result: object) -> None:
    """Fail: a result was given where there must be an error."""
    raise AssertionError(f"accepted as {result!r:.300}")


def damage(rng: np.random.Generator, data: bytes) -> bytes:
    """Damage the content of a file in one of many ways."""
    return choose(rng, BYTES.values())(rng, data)


def truncate(rng: np.random.Generator, data: bytes) -> bytes:
    """Cut off the end."""
    return data[: rng.integers(len(data))]


def _flip(rng: np.random.Generator, data: bytes) -> bytes:
    changed = np.frombuffer(data, np.uint8).copy()
    for position in rng.integers(len(changed), size=rng.integers(1, 20)):
        changed[position] ^= 1 << rng.integers(8)
    return changed.tobytes()


def _overwrite(rng: np.random.Generator, data: bytes, value: bytes) -> bytes:
    start = int(rng.integers(len(data)))
    size = min(int(rng.integers(1, 64)), len(data) - start)
    return data[:start] + (value * size)[:size] + data[start + size :]


def _cut_out(rng: np.random.Generator, data: bytes) -> bytes:
    start = int(rng.integers(len(data)))
    return data[:start] + data[start + int(rng.integers(1, 50)) :]


def _repeat(rng: np.random.Generator, data: bytes) -> bytes:
    start = int(rng.integers(len(data)))
    return data[:start] + data[start : start + 40] * 3 + data[start + 40 :]


BYTES: dict[str, Callable[[np.random.Generator, bytes], bytes]] = {
    "truncated": truncate,
    "flipped": _flip,
    "zeros within": lambda rng, data: _overwrite(rng, data, b"\0"),
    "ones within": lambda rng, data: _overwrite(rng, data, b"\xff"),
    "cut": _cut_out,
    "repeated": _repeat,
    "empty": lambda rng, data: b"",
    "one byte": lambda rng, data: data[:1],
    "zeros": lambda rng, data: b"\0" * len(data),
    "noise": lambda rng, data: rng.bytes(len(data)),
    "noise behind": lambda rng, data: data + rng.bytes(50),
    "noise before": lambda rng, data: rng.bytes(7) + data,
    "its head, then noise": lambda rng, data: data[:40] + rng.bytes(len(data)),
    "its head, then zeros": lambda rng, data: data[:40] + b"\0" * len(data),
}


def damage_text(rng: np.random.Generator, text: str) -> bytes:
    """Write a text in another encoding, or with damage."""
    if rng.random() < 0.4:
        return damage(rng, text.encode())
    return choose(rng, ENCODINGS.values())(text)


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "latin-1": lambda text: ("é" + text).encode("latin-1", "replace"),
    "cp037": lambda text: text.encode("cp037", "replace"),
    "utf-7": lambda text: ("é" + text).encode("utf-7"),
    "shift-jis": lambda text: ("日本" + text).encode("shift-jis", "replace"),
    "surrogates": lambda text: text.encode() + b"\xed\xa0\x80",
    "overlong": lambda text: b"\xc0\xaf" + text.encode(),
    "nul": lambda text: text.encode().replace(b"\n", b"\0\n", 1),
    "old mac": lambda text: text.replace("\n", "\r").encode(),
    "escape": lambda text: b"\x1b[31m" + text.encode(),
    "odd utf-16": lambda text: text.encode("utf-16") + b"\n",
    "two marks": lambda text: b"\xef\xbb\xbf\xef\xbb\xbf" + text.encode(),
}


def change_lines(rng: np.random.Generator, text: str) -> str:
    """Change the lines of a text: leave out, repeat, swap, or replace one, or a part of one."""
    lines = text.splitlines()
    place, other = (int(number) for number in rng.integers(len(lines), size=2))
    strange = choose(rng, STRANGE_TEXTS)
    cells = lines[place].split(",")
    cell = int(rng.integers(len(cells)))
    changes: list[Callable[[], object]] = [
        lambda: lines.pop(place),
        lambda: lines.insert(place, lines[other]),
        lambda: lines.__setitem__(place, strange),
        lambda: lines.__setitem__(place, ",".join([*cells[:cell], strange, *cells[cell + 1 :]])),
        lambda: lines.__setitem__(place, ",".join([*cells, *cells])),
        lambda: lines.__setitem__(place, ",".join(cells[:-1])),
        lambda: lines.__setitem__(place, f"{lines[place]}{strange}"),
        lambda: lines.__setitem__(place, f"{strange}{lines[place]}"),
        lambda: lines.__setitem__(place, lines[other]),
        lambda: lines.sort(),
        lambda: lines.__setitem__(slice(None), [strange] * len(lines)),
    ]
    choose(rng, changes)()
    return "\n".join(lines) + "\n"


def misplace(rng: np.random.Generator, path: Path) -> str:
    """Put something that is not a regular file at `path`, or a file that is too large, and return its name."""
    name = choose(rng, PLACES)
    if path.is_symlink() or path.is_file():
        path.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    PLACES[name](path)
    return str(name)


def _bind(path: Path) -> None:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as opened, contextlib.chdir(path.parent):
        opened.bind(path.name)


def _sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


PLACES: dict[str, Callable[[Path], object]] = {
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to /dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "a link to /dev/null": lambda path: path.symlink_to("/dev/null"),
    "a link to a pipe": lambda path: (os.mkfifo(f"{path}.pipe"), path.symlink_to(f"{path.name}.pipe")),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a socket": _bind,
    "a file of 12 GiB": lambda path: _sparse(path, 12 * 2**30),
    "a file of 10 TiB": lambda path: _sparse(path, 10 * 2**40),
}
