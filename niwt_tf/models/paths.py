# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Locate models, and choose paths for new ones, which never replace a file. Nothing here imports TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.models import bundle
from niwt_tf.runs import run_files, run_folder
from niwt_tf.util import paths as paths_lib

STAGES = (
    "knowledge",
    run_files.VALIDATION,
    "importances",
    "map",
    "transfer",
    "inverse_map",
)  # stages that a run must have finished
OPTIONAL_STAGES = ("evaluate", "explain")  # stages that are read, too, where a run has finished them
_MOST = 3  # class names in a file name
_LONGEST = 24  # letters of each


def require(model: str | None) -> Path:
    """Locate a model: the folder of a run, or a bundle, whose contents are not checked.

    Args:
      model: Path of the model, as the user wrote it.

    Raises:
      errors.UserError: If neither exists at the path, or the run is not finished.
    """
    if not model:
        raise errors.UserError(
            f"`{errors.setting('model')}` must be the folder of a run, or a {bundle.ENDING} bundle. Received none. Add "
            f"{errors.setting('model', 'PATH')}."
        )
    path = paths_lib.expanded(model)
    if path.suffix != bundle.ENDING or path.is_dir():
        return run_folder.require(model, STAGES, "model", OPTIONAL_STAGES)
    return bundle.require(model)


def name(model: Path) -> str:
    """Return the name of the folder, or of the bundle without its ending."""
    whole = paths_lib.expanded(model).resolve()
    return whole.stem if whole.suffix == bundle.ENDING and not whole.is_dir() else whole.name


def beside(model: Path, added: Sequence[str] = (), removed: Sequence[str] = ()) -> Path:
    """Choose the path of a model with classes added or removed: `zoo+zebra.keras` beside `zoo.keras`.

    Args:
      model: Path of the old model.
      added: Names of the added classes.
      removed: Names of the removed classes.
    """
    stem = model.name.removesuffix(bundle.ENDING) or model.resolve().name
    folder = model.parent if model.name else model.resolve().parent
    return folder / f"{stem}{_signed('-', removed)}{_signed('+', added)}{bundle.ENDING}"


def require_new(path: Path) -> Path:
    """Check that a bundle can be written at a path, and return the path.

    Raises:
      errors.UserError: If something exists there, or the path does not end in `.keras`.
    """
    if path.suffix != bundle.ENDING:
        raise errors.UserError(
            f"`{errors.setting('out')}` must end in {bundle.ENDING}. Received: {errors.setting('out', path)}. Choose "
            f"another {errors.setting('out')}."
        )
    if path.exists():
        raise errors.UserError(
            f"`{errors.setting('out')}` must be a new file, because no file is overwritten. Received: "
            f"{errors.setting('out', path)}, which exists. Choose another {errors.setting('out')}, or remove the file."
        )
    return path


def _signed(sign: str, names: Sequence[str]) -> str:
    if len(names) > _MOST:
        return f"{sign}{len(names)}-classes"
    return "".join(f"{sign}{_safe(name)}" for name in names)


def _safe(name: str) -> str:
    """Reduce a name to letters, digits and `_`, which every file system and shell accepts."""
    return re.sub(r"\W+", "_", names_lib.normal(name)).strip("_")[:_LONGEST] or "class"
