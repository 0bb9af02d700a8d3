# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read attributes of classes: a matrix in text with lists of names, or the columns of `att_splits.mat`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from niwt_tf import errors
from niwt_tf.data import missing_values, zero_shot
from niwt_tf.data import names as names_lib
from niwt_tf.data.files import matlab, text_files

_REMEDY = "Download the file from its official page."


def read_text(matrix: Path, classes: Path, attributes: Path, class_names: Sequence[str]) -> zero_shot.Attributes:
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
    row_names, names = read_numbered_names(classes), read_numbered_names(attributes)
    rows = _matrix(matrix, len(row_names), len(names))
    matches = names_lib.join(class_names, row_names, str(classes), _REMEDY)
    values = {name: rows[row_names.index(matches[name])] for name in class_names}
    return missing_values.attributes(names, values, rows, str(matrix))


def read_mat(path: Path, class_names: Sequence[str], names: Sequence[str] = ()) -> zero_shot.Attributes:
    """Read the `original_att` of the named classes, where -1 may mean a missing value, or `att` if there is no other.

    Args:
      path: MATLAB file.
      class_names: Names of the classes to read.
      names: Names of the `M` attributes; `attribute 1` and so on by default.

    Raises:
      errors.UserError: If the file is damaged, a class is missing, or there are not `M` names.
    """
    variables = matlab.read(path, required=("att",), optional=("original_att",), texts=("allclasses_names",))
    matrix = variables.get("original_att", variables["att"])
    columns = _columns(path, matrix, variables["allclasses_names"], class_names)
    size = len(next(iter(columns.values())))
    names = names or [f"attribute {number}" for number in range(1, size + 1)]
    if len(names) != size:
        raise errors.UserError(
            f"Each attribute must have a name. Received: {len(names)} names for the {size} rows of {path}. Use files "
            "of the same release of the dataset."
        )
    if "original_att" not in variables:
        return zero_shot.Attributes(tuple(names), columns, str(path))
    return missing_values.attributes(names, columns, matrix, str(path))


def read_embeddings(path: Path, class_names: Sequence[str]) -> zero_shot.Embeddings:
    """Read the columns `[M]` of `att` unchanged, such as those of `sent_splits.mat`.

    Raises:
      errors.UserError: If the file is damaged or a class is missing.
    """
    variables = matlab.read(path, required=("att",), texts=("allclasses_names",))
    columns = _columns(path, variables["att"], variables["allclasses_names"], class_names)
    return zero_shot.Embeddings(columns, str(path))


def read_numbered_names(path: Path) -> list[str]:
    """Read the names of a list that has a number before each name.

    Raises:
      errors.UserError: If a line has another form.
    """
    names = []
    for line in text_files.lines(path):
        match = re.fullmatch(r"\d+\s+(\S.*)", line)
        if not match:
            raise errors.UserError(
                f"Each line of {path.name} must be a number and a name. Received: {errors.clipped(line)!r} in "
                f"{path}. {_REMEDY}"
            )
        names.append(match[1])
    return names


def _matrix(path: Path, rows: int, columns: int) -> np.ndarray:
    """Read a matrix `[rows,columns]` float32."""
    try:
        values = np.array([line.split() for line in text_files.lines(path)], np.float32)
    except ValueError as error:
        raise errors.UserError(
            f"The rows of {path.name} must have equally many numbers. Received: {path} ({errors.first_line(error)}). "
            f"{_REMEDY}"
        ) from None
    if values.shape != (rows, columns):
        raise errors.UserError(
            f"{path.name} must have a row for each of {rows} classes and a column for each of {columns} attributes. "
            f"Received: {path} with {' x '.join(map(str, values.shape))}. {_REMEDY}"
        )
    if not np.isfinite(values).all():
        raise errors.UserError(f"{path.name} must hold finite numbers, in float32. Received: {path}. {_REMEDY}")
    return values


def _columns(path: Path, matrix: np.ndarray, cells: np.ndarray, class_names: Sequence[str]) -> dict[str, np.ndarray]:
    """Select class -> column `[M]` float32 of the named classes."""
    column_names = cells.tolist()
    if matrix.ndim != 2 or matrix.shape[1] != len(column_names):
        raise errors.UserError(
            f"`att` must have a column for each of `allclasses_names`. Received: {path} with a matrix of shape "
            f"{list(matrix.shape)} for {len(column_names)} names. {_REMEDY}"
        )
    matches = names_lib.join(class_names, column_names, f"`allclasses_names` of {path}", _REMEDY)
    return {name: matrix[:, column_names.index(matches[name])].astype(np.float32) for name in class_names}
