# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read chosen variables of MATLAB files."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
from scipy import io

from niwt_tf import errors


def read(path: Path, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """Read variables by name: all of `required`, and those of `optional` that the file has.

    Raises:
      errors.UserError: If this is not a MATLAB file of version 7 or earlier, or lacks a required variable.
      OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        variables, all_names = _load(path, file, required + optional)
    missing = [name for name in required if name not in variables]
    if missing:
        raise errors.UserError(
            f"{path.name} must contain {', '.join(f'`{name}`' for name in required)}. Received: {path}, without "
            f"{', '.join(missing)}, with {', '.join(all_names) or 'no variable'}. Download the file from its official "
            "page."
        )
    return {name: variables[name] for name in required + optional if name in variables}


def _load(path: Path, file: BinaryIO, names: tuple[str, ...]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Load those of the variables that the file has, and list the names of all its variables."""
    try:
        variables = io.loadmat(file, variable_names=names, chars_as_strings=True)
        file.seek(0)
        return variables, [name for name, _, _ in io.whosmat(file)]
    except Exception as error:  # damaged bytes make scipy raise anything, such as IndexError
        raise errors.UserError(
            f"{path.name} must be a MATLAB file of version 7 or earlier. Received: {path}, which cannot be read "
            f"({error}). Download it again."
        ) from None


def strings(cells: np.ndarray) -> list[str]:
    """Read the texts of a cell array, such as `allclasses_names`."""
    return [str(np.squeeze(cell)) for cell in cells.ravel()]
