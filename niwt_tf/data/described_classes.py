# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read the descriptions of several classes from a YAML or CSV file.

YAML: class -> `captions` (a text or a list), `attributes` (a list, a text separated by commas, or a mapping such as
`furry: 0.8` or `crown color: red`) and `document` (a text). All stay as they are written: a class may be called `no`.
CSV: the columns `name`, and `captions`, `attributes` or `document`; rows of one name are joined, one caption per row.

Nothing here imports TensorFlow, so that mistakes are reported at once.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from niwt_tf import errors
from niwt_tf.data.files import plain_yaml, spreadsheet

# Class -> fields of `description.Description`, except the name.
DescribedClasses = dict[str, dict[str, tuple[str, ...]]]

_FIELDS = {"captions": "captions", "attributes": "attributes", "document": "documents"}
_NAME = "name"
_ENDINGS = (".yaml", ".yml", ".csv")


def read(path: Path) -> DescribedClasses:
    """Read the descriptions of classes from a file, in its order.

    Args:
      path: File that ends in `.yaml`, `.yml` or `.csv`.

    Raises:
      errors.UserError: If it is of another kind, is not UTF-8, or holds something that does not describe a class.
      OSError: If it cannot be read.
    """
    kind = path.suffix.lower()
    if kind not in _ENDINGS:
        raise errors.UserError(
            f"`{errors.setting('classes')}` must be a file ending in {', '.join(_ENDINGS)}. Received: "
            f"{errors.setting('classes', path)}. Save it in one of these formats, or rename it."
        )
    descriptions = _csv(path) if kind == ".csv" else plain_yaml.read(path)
    if not descriptions or not isinstance(descriptions, dict):
        raise _wrong(path, "which does not begin with a class", "Begin with `zebra:` and the line `  captions: ...`.")
    return {name: _fields(path, name, fields) for name, fields in descriptions.items()}


def split_attributes(text: str) -> tuple[str, ...]:
    """Split a text into the attributes that it lists, separated by commas; quotes protect commas in an attribute.

    Raises:
      errors.UserError: If a quote is not closed.
    """
    try:
        cells = [cell for row in csv.reader(text.splitlines(), skipinitialspace=True, strict=True) for cell in row]
    except csv.Error:
        raise errors.UserError(
            f"`{errors.setting('attributes')}` must be separated by commas, with quotes in pairs. Received: {text}. "
            'Write for example a,"b, c",d'
        ) from None
    return tuple(cell.strip() for cell in cells if cell.strip())


def _csv(path: Path) -> dict[str, dict[str, list[str]]]:
    rows, _ = spreadsheet.rows(path, strict=True)
    header = rows[0][1] if rows else []
    _require_columns(path, header)
    descriptions: dict[str, dict[str, list[str]]] = {}
    for line, row in rows[1:]:
        cells = _cells(path, line, header, row)
        fields = descriptions.setdefault(cells.pop(_NAME), {})
        for column, cell in cells.items():
            fields.setdefault(column, []).append(cell)
    return descriptions


def _require_columns(path: Path, header: Sequence[str]) -> None:
    columns = (_NAME, *_FIELDS)
    for column in header:
        if column not in columns:
            raise errors.unknown_value("classes", column, columns, f"{', '.join(columns)} in line 1 of {path}")
    if _NAME not in header or len(set(header)) < len(header):
        raise _wrong(
            path,
            f"line 1, with the columns {', '.join(header) or 'none'}",
            f"Name each column once, and include {_NAME}.",
        )


def _cells(path: Path, line: int, header: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    """Map each column to its cell of a row, without blank cells."""
    if len(row) > len(header):
        raise _wrong(
            path,
            f"line {line}, with {len(row)} cells for {len(header)} columns",
            'Put "quotes" around a text with commas.',
        )
    cells = {column: cell.strip() for column, cell in zip(header, row, strict=False) if cell.strip()}
    if _NAME not in cells:
        raise _wrong(path, f"line {line}, without a name", "Name the class.")
    return cells


def _fields(path: Path, name: str, description: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(description, dict):
        raise _wrong(path, f"{name!r} without a field", f"Write {', '.join(_FIELDS)} below it, indented.")
    for field in description:
        if field not in _FIELDS:
            raise errors.unknown_value("classes", field, _FIELDS, f"{', '.join(_FIELDS)} for {name!r} in {path}")
    fields = {_FIELDS[field]: tuple(_texts(path, name, field, value)) for field, value in description.items()}
    if not any(fields.values()):
        raise _wrong(path, f"{name!r} without a description", f"Write its {', '.join(_FIELDS)}.")
    return fields


def _texts(path: Path, name: str, field: str, value: Any) -> Iterator[str]:
    """Split the value of a field into its texts, with one text for each attribute, or for each part of captions."""
    if isinstance(value, list):
        for one in value:
            yield from _texts(path, name, field, one)
    elif isinstance(value, str):
        yield from split_attributes(value) if field == "attributes" else filter(None, [value])
    elif field != "document" and all(isinstance(one, str) for one in value.values()):
        alone = "" if field == "attributes" else ":"
        yield from (f"{key}: {one}" if one else f"{key}{alone}" for key, one in value.items())
    else:
        raise _wrong(path, f"{name!r}, whose {field} are not texts", 'Put "quotes" around a text that has a colon.')


def _wrong(path: Path, trouble: str, remedy: str) -> errors.UserError:
    return errors.UserError(
        f"`{errors.setting('classes')}` must describe classes. Received: {path}, {trouble}. {remedy}"
    )
