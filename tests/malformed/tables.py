# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tables: attributes.csv and .xlsx of a folder, classes.csv for teaching, and the benchmarks' matrices in text."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import openpyxl

from malformed import mutations
from niwt_tf.data import class_attributes, described_classes
from niwt_tf.data.folder import table

_CLASSES = ("ant", "bee", "grizzly bear", "dog", "eel")
_NAMES = ("legs", "wings", "fur::brown", "size, in m", "speed")


def cases(seed: int, count: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the cases, see `harness`."""
    return mutations.deal(_MAKERS, seed, count, folder)


def _rows(rng: np.random.Generator) -> list[list[str]]:
    numbers = rng.integers(0, 100, (len(_CLASSES), len(_NAMES))) / 10
    return [["class", *_NAMES], *([name, *map(str, row)] for name, row in zip(_CLASSES, numbers, strict=True))]


def _text(rows: list[list[str]], delimiter: str = ",") -> str:
    quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in row] for row in rows]
    return "\n".join(delimiter.join(row) for row in quoted) + "\n"


def _read(path: Path) -> object:
    """Read all classes, and check that the numbers are numbers."""
    attributes = table.attributes(path, table.class_names(path)[: len(_CLASSES)])
    for name, row in attributes.values.items():
        if np.isinf(row).any() or len(row) != len(attributes.names):
            raise AssertionError(f"{name}: {row}")
    return attributes


def _damaged(rng: np.random.Generator, place: Path) -> object:
    path = place / "attributes.csv"
    path.write_bytes(mutations.damage_text(rng, _text(_rows(rng), mutations.choose(rng, ",;\t"))))
    return _read(path)


def _changed(rng: np.random.Generator, place: Path) -> object:
    path = place / "attributes.csv"
    path.write_text(mutations.change_lines(rng, _text(_rows(rng))), "utf-8", "surrogatepass")
    return _read(path)


def _cell(rng: np.random.Generator, place: Path) -> object:
    """Put a text that is no finite number into a cell: it must be told, unless it is blank."""
    rows, path = _rows(rng), place / "attributes.csv"
    texts = (
        "nan",
        "inf",
        "-Infinity",
        "1e999",
        "x" * 3000,
        "1,5",
        "1.2.3",
        "",
        "  ",
        "1_0",
        "٣",
        "0x1",
        "\x1b[31m",
        "1 000",
    )
    text = mutations.choose(rng, texts)
    rows[rng.integers(1, len(rows))][rng.integers(1, len(rows[0]))] = text
    path.write_text(_text(rows), "utf-8")
    result = _read(path)
    if text.strip():
        mutations.must_refuse((text, result))
    return result


def _huge(rng: np.random.Generator, place: Path) -> object:
    """Put a number beyond float32 into a cell: it must be told."""
    rows, path = _rows(rng), place / "attributes.csv"
    rows[2][2] = mutations.choose(rng, ("1e39", "-3e300", "9" * 50, "1" + "0" * 300))
    path.write_text(_text(rows), "utf-8")
    mutations.must_refuse(_read(path))
    return None


def _headers(rng: np.random.Generator, place: Path) -> object:
    """Repeat, leave out or replace names of the header or classes: what repeats must be told."""
    rows, path = _rows(rng), place / "attributes.csv"
    change = mutations.choose(rng, ("column twice", "class twice", "no class column", "ragged", "no name"))
    if change == "column twice":
        rows[0][2] = rows[0][1]
    elif change == "class twice":
        rows[2][0] = rows[1][0]
    elif change == "no class column":
        rows[0][0] = mutations.choose(rng, mutations.STRANGE_TEXTS).replace("\n", "")
    elif change == "ragged":
        rows[3] = rows[3][:-1] if rng.random() < 0.5 else [*rows[3], "1"]
    else:
        rows[4][0] = ""
    path.write_text(_text(rows), "utf-8")
    mutations.must_refuse((change, _read(path)))
    return None


def _missing_class(rng: np.random.Generator, place: Path) -> object:
    path = place / "attributes.csv"
    path.write_text(_text(_rows(rng)), "utf-8")
    mutations.must_refuse(table.attributes(path, [*_CLASSES, mutations.choose(rng, mutations.STRANGE_TEXTS)]))
    return None


def _misplaced(rng: np.random.Generator, place: Path) -> object:
    path = place / mutations.choose(rng, ("attributes.csv", "attributes.xlsx", "classes.csv"))
    mutations.misplace(rng, path)
    mutations.must_refuse(described_classes.read(path) if path.stem == "classes" else _read(path))
    return None


def _large(rng: np.random.Generator, place: Path) -> object:
    """Write many columns, many rows, or a very long cell."""
    path = place / "attributes.csv"
    tables = {
        "columns": lambda: _text([["class", *map(str, range(50_000))], *([name, *"1" * 50_000] for name in _CLASSES)]),
        "rows": lambda: _text([["class", "a"], *([f"c{row}", "1"] for row in range(50_000))]),
        "cell": lambda: _text([["class", "a" * 200_000], ["ant", "1"]]),
        "line": lambda: "class,a\n" + "b" * 10**7,
        "quote": lambda: 'class,a\n"' + "b\n" * 10**6,
        "commas": lambda: "class,a\n" + "," * 10**6,
        "blank lines": lambda: "\n" * 10**6 + "class,a\nant,1\n",
    }
    path.write_text(mutations.choose(rng, tables.values())(), "utf-8")
    return len(_read(path).names)


def _workbook(rng: np.random.Generator) -> bytes:
    book, stream = openpyxl.Workbook(), io.BytesIO()
    for row in _rows(rng):
        book.active.append([float(cell) if cell[0].isdigit() else cell for cell in row])
    book.save(stream)
    return stream.getvalue()


def _damaged_workbook(rng: np.random.Generator, place: Path) -> object:
    path = place / "attributes.xlsx"
    path.write_bytes(mutations.damage(rng, _workbook(rng)))
    return _read(path)


def _changed_workbook(rng: np.random.Generator, place: Path) -> object:
    """Damage a part of a workbook, which is packed again."""
    path, stream = place / "attributes.xlsx", io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_workbook(rng))) as old, zipfile.ZipFile(stream, "w") as new:
        chosen = mutations.choose(rng, old.namelist())
        for name in old.namelist():
            content = old.read(name)
            if name == chosen and rng.random() < 0.2:
                continue
            new.writestr(name, mutations.damage(rng, content) if name == chosen else content)
    path.write_bytes(stream.getvalue())
    return _read(path)


def _sheet(rows: str, types: str = "") -> str:
    names = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return f'<?xml version="1.0"?>{types}<worksheet {names}><sheetData>{rows}</sheetData></worksheet>'


def _workbook_bomb(rng: np.random.Generator, place: Path) -> object:
    """Pack very much into a workbook: text that is all alike, cells far away, or entities."""
    path = place / "attributes.xlsx"
    sheet = "xl/worksheets/sheet1.xml"
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    outer = '<!ENTITY e11 SYSTEM "file:///etc/passwd">'
    row = '<row><c t="str"><v>&e11;</v></c></row>'
    contents = {
        "a long sheet": lambda: _sheet(" " * (200 * 2**20)),
        "many rows": lambda: _sheet("<row><c><v>1</v></c></row>" * 2_000_000),
        "a cell far away": lambda: _sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "entities": lambda: _sheet(row, f'<!DOCTYPE a [<!ENTITY e0 "x">{entities}]>'),
        "an outer entity": lambda: _sheet(row, f"<!DOCTYPE a [{outer}]>"),
    }
    content = mutations.choose(rng, contents.values())()
    with zipfile.ZipFile(io.BytesIO(_workbook(rng))) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == sheet else old.read(name))
    mutations.must_refuse(_read(path))
    return None


def _teaching(rng: np.random.Generator, place: Path) -> object:
    path = place / "classes.csv"
    text = (
        'name,captions,attributes,document\nzebra,"a horse, striped","stripes,legs: 4",\nzebra,it runs,,\n'
        'okapi,"dark",,"long text"\n'
    )
    if rng.random() < 0.5:
        path.write_text(mutations.change_lines(rng, text), "utf-8", "surrogatepass")
    else:
        path.write_bytes(mutations.damage_text(rng, text))
    described = described_classes.read(path)
    if not described or not all(any(fields.values()) for fields in described.values()):
        mutations.must_refuse(described)
    return described


def _benchmark(rng: np.random.Generator, place: Path) -> object:
    """Damage one of the three files of a matrix in text."""
    texts = {
        "matrix.txt": "\n".join(" ".join(f"{number:.2f}" for number in row) for row in rng.uniform(0, 99, (5, 4)))
        + "\n",
        "classes.txt": "".join(f"{number:>6}\t{name}\n" for number, name in enumerate(_CLASSES, 1)),
        "predicates.txt": "".join(f"{number:>6}\t{name}\n" for number, name in enumerate(_NAMES[:4], 1)),
    }
    chosen = mutations.choose(rng, texts)
    for name, text in texts.items():
        (place / name).write_text(text, "utf-8")
    path, text, way = place / chosen, texts[chosen], rng.random()
    if way < 0.15:
        mutations.misplace(rng, path)
    elif way < 0.6:
        path.write_text(mutations.change_lines(rng, text), "utf-8", "surrogatepass")
    else:
        path.write_bytes(mutations.damage_text(rng, text))
    result = class_attributes.read_text(*(place / name for name in texts), _CLASSES)
    if not all(np.isfinite(row).all() for row in result.values.values()):
        mutations.must_refuse(result.values)
    return result.values


_MAKERS: dict[str, mutations.Maker] = {
    "damaged": _damaged,
    "changed": _changed,
    "changed again": _changed,
    "a cell": _cell,
    "a huge number": _huge,
    "headers": _headers,
    "a class missing": _missing_class,
    "misplaced": _misplaced,
    "large": _large,
    "a damaged workbook": _damaged_workbook,
    "a changed workbook": _changed_workbook,
    "a workbook that is a bomb": _workbook_bomb,
    "classes to teach": _teaching,
    "classes to teach, again": _teaching,
    "a matrix of a benchmark": _benchmark,
    "a matrix of a benchmark, again": _benchmark,
}
