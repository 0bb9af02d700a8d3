# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Reads the variables of MATLAB files that are asked for, and no other."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from scipy import io

from niwt_tf import errors


def read(path: Path, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """Returns variables by name; of `optional` ones those that are there.

    Raises:
      errors.UserError: if this is no MATLAB file of version 7 or earlier, or lacks a required variable.
      OSError: if it cannot be read.
    """
    try:
        found = io.loadmat(path, variable_names=required + optional, chars_as_strings=True)
        missing = [name for name in required if name not in found]
        present = [name for name, _, _ in io.whosmat(path)] if missing else []
    except (ValueError, TypeError, NotImplementedError, EOFError, zlib.error, io.matlab.MatReadError) as error:
        raise errors.UserError(
            f"A split must be a MATLAB file of version 7 or earlier. Received: {path}, which cannot be read ({error}). "
            "Download it again."
        ) from None
    if missing:
        raise errors.UserError(
            f"{path.name} must hold {', '.join(f'`{name}`' for name in required)}. Received: {path}, without "
            f"{', '.join(missing)}, with {', '.join(present) or 'nothing'}. Get the file from its official page."
        )
    return {name: found[name] for name in required + optional if name in found}


def strings(cells: np.ndarray) -> list[str]:
    """Returns the text of a cell array, such as `allclasses_names`."""
    return [str(np.squeeze(cell)) for cell in cells.ravel()]
