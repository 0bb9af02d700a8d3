# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of attributes.csv."""

from __future__ import annotations

import csv
import math
import string
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies

from niwt_tf import errors
from niwt_tf.data.folder import table


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the table lies."""
    return tmp_path / "attributes.csv"


def test_values_are_by_class_and_attribute(path: Path) -> None:
    path.write_text("class,red,has wings\nbee,0,1\npolar+bear, 12.5 ,-3e-1\nant,1,0\n", "utf-8")
    names, values = table.attributes(path, ["ant", "polar bear"])
    assert names == ("red", "has wings")
    assert values == {"ant": [1, 0], "polar bear": [12.5, -0.3]}
    assert table.class_names(path) == ["bee", "polar+bear", "ant"]


@pytest.mark.parametrize("missing", ["-1", "-1.0", "-1.00", "", "  "])
def test_what_is_missing_is_nan(path: Path, missing: str) -> None:
    path.write_text(f"class,a,b\nant,{missing},0\n", "utf-8")
    a, b = table.attributes(path, ["ant"])[1]["ant"]
    assert math.isnan(a) and b == 0


def test_other_programs_tables_can_be_read(path: Path) -> None:
    path.write_bytes('\ufeffClass,"red, or so",b\r\n\r\n"ant",1,2\r\n,,\r\n'.encode())
    assert table.attributes(path, ["ant"]) == (("red, or so", "b"), {"ant": [1, 2]})


_cells = strategies.text(string.ascii_letters + ' ,"\n_é', min_size=1).map(str.strip).filter(bool)
_names = strategies.lists(_cells, min_size=1, max_size=4, unique=True)


@hypothesis.given(_names.filter(lambda names: "class" not in names), strategies.data())
def test_what_the_csv_module_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], data: strategies.DataObject
) -> None:
    numbers = strategies.floats(-1e3, 1e3).filter(lambda value: value != -1)
    rows = {f"class{i}": [data.draw(numbers) for _ in names] for i in range(2)}
    path = tmp_path_factory.mktemp("csv") / "attributes.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["class", *names], *([name, *values] for name, values in rows.items())])
    assert table.attributes(path, list(rows)) == (tuple(names), rows)


@pytest.mark.parametrize("cell", ["many", "1,5", "nan", "inf", "0x1"])
def test_what_is_no_number_is_told_with_row_and_column(path: Path, cell: str) -> None:
    path.write_text(f'class,red,blue\nbee,0,1\nant,1,"{cell}"\n', "utf-8")
    with pytest.raises(errors.UserError) as caught:
        table.attributes(path, ["ant", "bee"])
    assert str(caught.value) == (
        f"Attributes must be numbers; one that is missing, -1 or nothing. Received: {cell!r} for class 'ant', "
        f"attribute 'blue', in line 3 of {path}."
    )


def test_missing_classes_are_listed(path: Path) -> None:
    path.write_text("class,red\nant,1\nbeetle,2\n", "utf-8")
    with pytest.raises(errors.UserError) as caught:
        table.attributes(path, ["ant", "bee", "eel"])
    assert str(caught.value) == (
        f"Classes must be found by name in {path}. Received: none for bee, eel. Left over there: beetle. Add a row for "
        "each class."
    )


def test_a_class_with_two_rows_is_refused(path: Path) -> None:
    path.write_text("class,red\npolar bear,1\npolar_bear,2\n", "utf-8")
    with pytest.raises(errors.UserError, match="Received: polar bear, polar_bear. Keep one."):
        table.attributes(path, ["polar+bear"])


@pytest.mark.parametrize("header", ["", "red,blue", "class", "class,red,red", "class,,blue"])
def test_a_header_that_is_none_is_told(path: Path, header: str) -> None:
    path.write_text(f"{header}\nant,1,2\n" if header else "", "utf-8")
    with pytest.raises(errors.UserError, match="attributes.csv must begin with the line class,<attribute>,"):
        table.class_names(path)


@pytest.mark.parametrize("row", ["ant,1", "ant,1,2,3", ",1,2"])
def test_a_row_of_another_length_is_told_with_its_line(path: Path, row: str) -> None:
    path.write_text(f"class,red,blue\n{row}\n", "utf-8")
    with pytest.raises(
        errors.UserError, match=f"must be a class and 2 numbers. Received: {row.count(',') + 1} cells in line 2"
    ):
        table.class_names(path)


def test_lines_may_end_as_old_macs_end_them(tmp_path: Path) -> None:
    path = tmp_path / "attributes.csv"
    path.write_bytes(b"class,striped,furry\rhorse,0,1\rzebra,1,0.5\r")
    assert table.class_names(path) == ["horse", "zebra"]
    assert table.attributes(path, ["zebra"]) == (("striped", "furry"), {"zebra": [1, 0.5]})


def test_a_cell_without_end_is_told(tmp_path: Path) -> None:
    path = tmp_path / "attributes.csv"
    path.write_text('class,striped\nhorse,"' + "0" * 200_000, "utf-8")
    with pytest.raises(errors.UserError) as caught:
        table.class_names(path)
    assert str(caught.value) == (
        f"A table must have commas between cells, and quotes in pairs. Received: {path}, line 2: field larger than "
        "field limit (131072). It may lack a closing quote. Mend that line."
    )
