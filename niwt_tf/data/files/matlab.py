# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read chosen variables of MATLAB files: arrays of real numbers, and cell arrays of texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import scipy.sparse
from scipy import io

from niwt_tf import errors
from niwt_tf.data.files import matlab_elements
from niwt_tf.util import paths

_MOST_BYTES = 2**30  # of a file and of what it unpacks to; the largest benchmark has 0.6 of that
_LARGEST = np.finfo(np.float32).max
_REMEDY = "Download the file from its official page."


def read(
    path: Path, required: tuple[str, ...] = (), optional: tuple[str, ...] = (), texts: tuple[str, ...] = ()
) -> dict[str, np.ndarray]:
    """Read variables by name: all of `required` and `texts`, and those of `optional` that the file has.

    Args:
      path: Path of the file.
      required: Names of variables that must be real, finite numbers; sparse ones become dense.
      optional: Names of more such variables.
      texts: Names of variables that must be cell arrays of texts; they become arrays `[n]` of these texts.

    Raises:
      errors.UserError: If this is not a MATLAB file of version 7 or earlier, unpacks to over 1 GiB, lacks a required
        variable, or one is of another type.
      OSError: If it cannot be read.
    """
    needed = required + texts
    with paths.require_regular(path, _MOST_BYTES).open("rb") as file:
        variables, all_names = _load(path, file, needed + optional)
    missing = [name for name in needed if name not in variables]
    if missing:
        raise errors.UserError(
            f"{path.name} must contain {', '.join(f'`{name}`' for name in needed)}. Received: {path}, without "
            f"{', '.join(missing)}, with {errors.listed(all_names) or 'no variable'}. {_REMEDY}"
        )
    convert = {name: _texts if name in texts else _numbers for name in needed + optional if name in variables}
    return {name: function(path, name, variables[name]) for name, function in convert.items()}


def whole_numbers(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    """Convert a variable that `read` gave to `[n]` int64.

    Raises:
      errors.UserError: If a number is a fraction, or too large.
    """
    if (np.abs(values) >= 2.0**53).any() or (values != np.floor(values)).any():
        odd = values[(np.abs(values) >= 2.0**53) | (values != np.floor(values))].ravel()[0]
        raise _wrong(path, name, "whole numbers", f"{odd:g} among them")
    return values.astype(np.int64).ravel()


def _load(path: Path, file: BinaryIO, names: tuple[str, ...]) -> tuple[dict[str, Any], list[str]]:
    """Load those of the variables that the file has, and list the names of all its variables."""
    try:
        matlab_elements.require_sound(file, _MOST_BYTES)
        file.seek(0)
        variables = io.loadmat(file, variable_names=names, chars_as_strings=True)
        file.seek(0)
        return variables, [name for name, _, _ in io.whosmat(file)]
    except Exception as error:  # damaged bytes make scipy raise anything, such as IndexError
        raise errors.UserError(
            f"{path.name} must be a MATLAB file of version 7 or earlier. Received: {path}, which cannot be read "
            f"({errors.first_line(error)}). Download it again."
        ) from None


def _numbers(path: Path, name: str, value: Any) -> np.ndarray:
    """Check that a variable is a matrix of real, finite numbers, and return it, dense."""
    if scipy.sparse.issparse(value):
        value = _dense(path, name, value)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        raise _wrong(path, name, "real numbers", _describe(value))
    if not (np.abs(value) <= _LARGEST).all():
        raise _wrong(path, name, "finite numbers", f"{np.sum(~(np.abs(value) <= _LARGEST)):,} that are not, in float32")
    return value


def _dense(path: Path, name: str, value: Any) -> np.ndarray:
    """Make a sparse matrix dense, after a check of its indices, at which scipy writes as they are."""
    if np.prod(value.shape, dtype=float) > _MOST_BYTES / 8:
        raise _wrong(path, name, "real numbers", f"a sparse matrix of {_shape(value)}")
    if value.format == "csc" and not _is_sound(value.indptr, value.indices, value.shape):
        raise _wrong(path, name, "real numbers", "a sparse matrix whose indices are out of range")
    return value.toarray()


def _is_sound(starts: np.ndarray, rows: np.ndarray, shape: tuple[int, int]) -> bool:
    """Check the rows of the numbers of a sparse matrix, and where each column begins among them."""
    is_ordered = len(starts) == shape[1] + 1 and starts[0] == 0 and (np.diff(starts) >= 0).all()
    return bool(is_ordered and starts[-1] <= len(rows) and ((rows >= 0) & (rows < shape[0])).all())


def _texts(path: Path, name: str, value: Any) -> np.ndarray:
    """Check that a variable is a cell array of texts, and return these."""
    cells = value.ravel().tolist() if isinstance(value, np.ndarray) and value.dtype == object else []
    texts = [np.squeeze(cell) for cell in cells]
    if not texts or not all(text.dtype.kind == "U" and text.ndim == 0 for text in texts):
        raise _wrong(path, name, "a cell array of texts", _describe(value))
    return np.array([str(text) for text in texts], object)


def _describe(value: Any) -> str:
    """Describe a variable by what MATLAB calls its type."""
    kinds = {"O": "cells that are not all texts", "V": "a struct", "U": "characters", "c": "complex numbers"}
    kind = kinds.get(getattr(value, "dtype", np.dtype(object)).kind, "numbers")
    return f"{kind}, {_shape(value)}"


def _shape(value: Any) -> str:
    return " x ".join(map(str, np.shape(value))) or "one"


def _wrong(path: Path, name: str, rule: str, received: str) -> errors.UserError:
    return errors.UserError(f"`{name}` must be {rule}. Received: {path} with {received}. {_REMEDY}")
