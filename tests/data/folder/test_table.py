# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of attributes.csv."""

from __future__ import annotations

import csv
import math
import random
import string
import sys
import zipfile
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from niwt_tf import errors
from niwt_tf.data.folder import table


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the table lies."""
    return tmp_path / "attributes.csv"


def _read(path: Path, wanted: list[str]) -> tuple[tuple[str, ...], dict[str, list[float]]]:
    found = table.attributes(path, wanted)
    return found.names, {name: row.tolist() for name, row in found.values.items()}


def test_values_are_by_class_and_attribute(path: Path) -> None:
    path.write_text("class,red,has wings\nbee,0,1\npolar+bear, 12.5 ,-3e-1\nant,1,0\n", "utf-8")
    names, values = _read(path, ["ant", "polar bear"])
    assert names == ("red", "has wings")
    assert values == {"ant": [1, 0], "polar bear": [12.5, pytest.approx(-0.3)]}
    assert table.class_names(path) == ["bee", "polar+bear", "ant"]


@pytest.mark.parametrize("missing", ["-1", "-1.0", "-1.00", "", "  "])
def test_what_is_missing_is_nan(path: Path, missing: str) -> None:
    path.write_text(f"class,a,b,c,d\nant,{missing},0,1,0\n", "utf-8")
    a, *others = table.attributes(path, ["ant"]).values["ant"]
    assert math.isnan(a) and others == [0, 1, 0]


def test_minus_one_is_a_value_beside_one(path: Path) -> None:
    path.write_text("class,a,b\nant,-1,1\nbee,1,-1\n", "utf-8")
    assert _read(path, ["ant", "bee"])[1] == {"ant": [-1, 1], "bee": [1, -1]}


def test_other_programs_tables_can_be_read(path: Path) -> None:
    path.write_bytes('\ufeffClass,"red, or so",b\r\n\r\n"ant",1,2\r\n,,\r\n'.encode())
    assert _read(path, ["ant"]) == (("red, or so", "b"), {"ant": [1, 2]})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize(("joint", "point"), [(",", "."), (";", ","), (";", "."), ("\t", ","), ("\t", ".")])
def test_tables_of_spreadsheet_programs_are_read(path: Path, encoding: str, joint: str, point: str) -> None:
    lines = [["class", '"red; or, so"', "b"], ["ant", f"0{point}5", f"{point}25"], ["bee", "1", f"1{point}5e1"]]
    path.write_bytes("\r\n".join(joint.join(cells) for cells in lines).encode(encoding))
    assert _read(path, ["ant", "bee"]) == (("red; or, so", "b"), {"ant": [0.5, 0.25], "bee": [1, 15]})


def test_a_workbook_is_read_whatever_its_name(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["class", "red", "b"], ["ant", 0.5, 1], [None, None, None], ["bee", None, -3]):
        book.active.append(row)
    for name in table.NAMES:
        book.save(tmp_path / name)
        ant, bee = table.attributes(tmp_path / name, ["ant", "bee"]).values.values()
        assert ant.tolist() == [0.5, 1] and math.isnan(bee[0]) and bee[1] == -3
        assert table.class_names(tmp_path / name) == ["ant", "bee"]


def test_a_workbook_needs_openpyxl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "attributes.xlsx").write_bytes(b"PK\x03\x04")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(errors.UserError, match=r"needs openpyxl.*niwt_tf\[excel\]"):
        table.class_names(table.find(tmp_path))


def test_a_workbook_that_unpacks_to_very_much_is_reported(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    with zipfile.ZipFile(tmp_path / "attributes.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(2**24 - 2**18) + random.Random(0).randbytes(2**18 + 1))
    with pytest.raises(errors.UserError, match=r"which cannot be read: it unpacks to 16,777,217 bytes, more than"):
        table.class_names(tmp_path / "attributes.xlsx")


def test_a_damaged_workbook_is_reported(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    (tmp_path / "attributes.xlsx").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(errors.UserError, match="A workbook .* must be readable.*Save it as CSV in UTF-8"):
        table.class_names(table.find(tmp_path))


_cells = strategies.text(string.ascii_letters + ' ,"\n_é', min_size=1).map(str.strip).filter(bool)
_names = strategies.lists(_cells, min_size=1, max_size=4, unique=True)


@hypothesis.given(_names.filter(lambda names: "class" not in names), strategies.data())
def test_what_the_csv_module_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], data: strategies.DataObject
) -> None:
    numbers = strategies.floats(-1e3, 1e3, width=32).filter(lambda value: value != -1)
    rows = {f"class{i}": [data.draw(numbers) for _ in names] for i in range(2)}
    path = tmp_path_factory.mktemp("csv") / "attributes.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["class", *names], *([name, *values] for name, values in rows.items())])
    read, values = _read(path, list(rows))
    assert read == tuple(names)
    assert values == {name: np.float32(row).tolist() for name, row in rows.items()}


@pytest.mark.parametrize("cell", ["many", "1,5", "nan", "inf", "0x1", "1e39", "1_0", "\u0663"])
def test_what_is_no_number_is_reported_with_row_and_column(path: Path, cell: str) -> None:
    path.write_text(f'class,red,blue\nbee,0,1\nant,1,"{cell}"\n', "utf-8")
    with pytest.raises(errors.UserError) as caught:
        table.attributes(path, ["ant", "bee"])
    assert str(caught.value) == (
        f"Attributes must be finite numbers. Received: {cell!r} for class 'ant', attribute 'blue', in line 3 of "
        f"{path}. Leave the cell of a missing value empty."
    )


def test_a_long_cell_and_long_names_are_clipped(path: Path) -> None:
    cell, name, column = (letter * 5_000 for letter in "xyz")
    path.write_text(f"class,{column}\n{name},{cell}\n", "utf-8")
    with pytest.raises(errors.UserError) as caught:
        table.attributes(path, [name])
    clipped = [f"'{letter * 98}...{letter * 99}'" for letter in "xyz"]
    assert str(caught.value) == (
        f"Attributes must be finite numbers. Received: {clipped[0]} for class {clipped[1]}, attribute {clipped[2]}, in "
        f"line 2 of {path}. Leave the cell of a missing value empty."
    )


def test_missing_classes_are_listed(path: Path) -> None:
    path.write_text("class,red\nant,1\nbeetle,2\n", "utf-8")
    with pytest.raises(errors.UserError) as caught:
        table.attributes(path, ["ant", "bee", "eel"])
    assert str(caught.value) == (
        f"Every class must have its name in {path}. Received: no match for bee, eel. Unmatched names there: beetle. "
        "Add a row for each class."
    )


def test_a_class_with_two_rows_is_refused(path: Path) -> None:
    path.write_text("class,red\npolar bear,1\npolar_bear,2\n", "utf-8")
    with pytest.raises(errors.UserError, match="Received: polar bear, polar_bear. Keep one of them."):
        table.attributes(path, ["polar+bear"])


@pytest.mark.parametrize("header", ["", "red,blue", "class", "class,red,red", "class,,blue"])
def test_a_header_that_is_none_is_reported(path: Path, header: str) -> None:
    path.write_text(f"{header}\nant,1,2\n" if header else "", "utf-8")
    with pytest.raises(errors.UserError, match="attributes.csv must begin with the line class,<attribute>,"):
        table.class_names(path)


@pytest.mark.parametrize("row", ["ant,1", "ant,1,2,3", ",1,2"])
def test_a_row_of_another_length_is_reported_with_its_line(path: Path, row: str) -> None:
    path.write_text(f"class,red,blue\n{row}\n", "utf-8")
    with pytest.raises(
        errors.UserError, match=f"must be a class and 2 numbers. Received: {row.count(',') + 1} cells in line 2"
    ):
        table.class_names(path)


def test_lines_may_end_as_old_macs_end_them(tmp_path: Path) -> None:
    path = tmp_path / "attributes.csv"
    path.write_bytes(b"class,striped,furry\rhorse,0,1\rzebra,1,0.5\r")
    assert table.class_names(path) == ["horse", "zebra"]
    found = table.attributes(path, ["zebra"])
    assert found.names == ("striped", "furry")
    np.testing.assert_array_equal(found.values["zebra"], [1, 0.5])


def test_a_cell_without_end_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "attributes.csv"
    path.write_text('class,striped\nhorse,"' + "0" * 200_000, "utf-8")
    with pytest.raises(errors.UserError) as caught:
        table.class_names(path)
    assert str(caught.value) == (
        f"A table must have commas between cells, and quotes in pairs. Received: {path}, line 2: field larger than "
        "field limit (131072). It may lack a closing quote. Correct that line."
    )
