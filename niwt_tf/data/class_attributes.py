# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Reads attributes of classes: a matrix in text with lists of names, or the columns of `att_splits.mat`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from niwt_tf import errors
from niwt_tf.data import missing_values, zero_shot
from niwt_tf.data import names as names_lib
from niwt_tf.data.files import matlab, text_files

_REMEDY = "Get the file from its official page."


def from_text(matrix: Path, classes: Path, attributes: Path, class_names: Sequence[str]) -> zero_shot.Attributes:
    """Read the attributes of the named classes from text files.

    Args:
      matrix: File with a row of numbers for each class, separated by blanks; -1 means a missing value if the other
        numbers suggest that.
      classes: File with a line, a number and a name, for each row.
      attributes: File with a line, a number and a name, for each column.
      class_names: Names of the classes to read.

    Raises:
      errors.UserError: If a file is damaged, a class is missing, or sizes differ.
    """
    there, names = numbered_names(classes), numbered_names(attributes)
    rows = _matrix(matrix, len(there), len(names))
    same = names_lib.join(class_names, there, str(classes), _REMEDY)
    values = {name: rows[there.index(same[name])] for name in class_names}
    return missing_values.attributes(names, values, rows, str(matrix))


def from_mat(path: Path, class_names: Sequence[str], names: Sequence[str] = ()) -> zero_shot.Attributes:
    """Read the `original_att` of the named classes, where -1 may mean a missing value, or `att` if there is no other.

    Args:
      path: MATLAB file.
      class_names: Names of the classes to read.
      names: Names of the `M` attributes; `attribute 1` and so on by default.

    Raises:
      errors.UserError: If the file is damaged, a class is missing, or there are not `M` names.
    """
    found = matlab.read(path, required=("att", "allclasses_names"), optional=("original_att",))
    original = "original_att" in found
    columns = _columns(path, found["original_att" if original else "att"], found["allclasses_names"], class_names)
    size = len(next(iter(columns.values())))
    names = names or [f"attribute {number}" for number in range(1, size + 1)]
    if len(names) != size:
        raise errors.UserError(
            f"There must be a name for each attribute. Received: {len(names)} names for the {size} rows of {path}. "
            "Take both from one release of the dataset."
        )
    if not original:
        return zero_shot.Attributes(tuple(names), columns, str(path))
    return missing_values.attributes(names, columns, found["original_att"], str(path))


def embeddings(path: Path, class_names: Sequence[str]) -> zero_shot.Embeddings:
    """Read the columns `[M]` of `att` unchanged, such as those of `sent_splits.mat`.

    Raises:
      errors.UserError: If the file is damaged or a class is missing.
    """
    found = matlab.read(path, required=("att", "allclasses_names"))
    return zero_shot.Embeddings(_columns(path, found["att"], found["allclasses_names"], class_names), str(path))


def numbered_names(path: Path) -> list[str]:
    """Read the names of a list that has a number before each name.

    Raises:
      errors.UserError: If a line has another form.
    """
    found = [(line, re.fullmatch(r"\d+\s+(\S.*)", line)) for line in text_files.lines(path)]
    wrong = [line for line, match in found if not match]
    if wrong:
        raise errors.UserError(
            f"Each line of {path.name} must be a number and a name. Received: {wrong[0]!r} in {path}. {_REMEDY}"
        )
    return [match[1] for _, match in found if match]


def _matrix(path: Path, rows: int, columns: int) -> np.ndarray:
    """Read a matrix `[rows,columns]` float32."""
    try:
        values = np.array([line.split() for line in text_files.lines(path)], np.float32)
    except ValueError as error:
        raise errors.UserError(
            f"{path.name} must be rows of equally many numbers. Received: {path} ({error}). {_REMEDY}"
        ) from None
    if values.shape != (rows, columns):
        raise errors.UserError(
            f"{path.name} must have a row for each of {rows} classes and a column for each of {columns} attributes. "
            f"Received: {path} with {' x '.join(map(str, values.shape))}. {_REMEDY}"
        )
    return values


def _columns(path: Path, matrix: np.ndarray, cells: np.ndarray, class_names: Sequence[str]) -> dict[str, np.ndarray]:
    there = matlab.strings(cells)
    if matrix.ndim != 2 or matrix.shape[1] != len(there):
        raise errors.UserError(
            f"`att` must have a column for each of `allclasses_names`. Received: {path} with {matrix.shape} for "
            f"{len(there)} names. {_REMEDY}"
        )
    same = names_lib.join(class_names, there, f"`allclasses_names` of {path}", _REMEDY)
    return {name: matrix[:, there.index(same[name])].astype(np.float32) for name in class_names}
