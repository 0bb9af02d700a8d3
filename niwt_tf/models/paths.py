# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Where models lie, and where new ones go: beside the old one, never over it. Nothing here imports TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.models import bundle
from niwt_tf.runs import run_folder

STAGES = ("knowledge", "rehearsal", "importances", "map", "transfer", "inverse_map")  # that a run must have done
_MOST = 3  # names in that of a file
_LONGEST = 24  # letters of each


def require(model: str | None) -> Path:
    """Returns where a model lies: the folder of a run, or a bundle, which is not looked into.

    Args:
      model: as the user names it.

    Raises:
      errors.UserError: if there is neither, or the run is not finished.
    """
    if not model:
        raise errors.UserError(
            f"`--model` must name the folder of a run, or a {bundle.ENDING} bundle. Received none. Add --model=MODEL."
        )
    path = Path(model).expanduser()
    if path.suffix != bundle.ENDING or path.is_dir():
        return run_folder.require(model, STAGES, "--model")
    return bundle.require(model)


def name(model: Path) -> str:
    """Returns the name of the folder, or of the bundle less its ending."""
    whole = model.expanduser().resolve()
    return whole.stem if whole.suffix == bundle.ENDING and not whole.is_dir() else whole.name


def beside(model: Path, added: Sequence[str] = (), removed: Sequence[str] = ()) -> Path:
    """Returns where a model goes that has some classes more or fewer: `zoo+zebra.keras` beside `zoo.keras`.

    Args:
      model: where the old one lies.
      added: names of classes.
      removed: names of classes.
    """
    stem = model.name.removesuffix(bundle.ENDING) or model.resolve().name
    folder = model.parent if model.name else model.resolve().parent
    return folder / f"{stem}{_signed('-', removed)}{_signed('+', added)}{bundle.ENDING}"


def require_new(path: Path) -> Path:
    """Returns a path at which a bundle can be written.

    Raises:
      errors.UserError: if something lies there, or it does not end in `.keras`.
    """
    if path.suffix != bundle.ENDING:
        raise errors.UserError(f"`--out` must end in {bundle.ENDING}. Received: --out={path}. Name another --out.")
    if path.exists():
        raise errors.UserError(
            f"`--out` must be a new file: nothing is written over. Received: --out={path}, which is there. Name "
            "another --out, or remove it first."
        )
    return path


def _signed(sign: str, names: Sequence[str]) -> str:
    if len(names) > _MOST:
        return f"{sign}{len(names)}-classes"
    return "".join(f"{sign}{_safe(name)}" for name in names)


def _safe(name: str) -> str:
    """Returns a name as letters, digits and `_` alone, which no file system or shell minds."""
    return re.sub(r"\W+", "_", names_lib.normal(name)).strip("_")[:_LONGEST] or "class"
