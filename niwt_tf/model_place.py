# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Where a model lies: the folder of a finished run, or a `.keras` bundle."""

from __future__ import annotations

from pathlib import Path

from niwt_tf import errors, run_folder

ENDING = ".keras"
STAGES = ("knowledge", "rehearsal", "importances", "map", "transfer", "inverse_map")


def require(path: str | None) -> Path:
    """Returns the folder or the file.

    Args:
      path: as the user names it.

    Raises:
      errors.UserError: if there is none, or a run is not finished; a bundle is not looked into.
    """
    if not path:
        raise errors.UserError(
            f"`--model` must name the folder of a run, or a {ENDING} bundle. Received none. Add --model=PATH."
        )
    given = Path(path).expanduser()
    if given.suffix != ENDING or given.is_dir():
        return run_folder.require(path, STAGES, "--model")
    if not given.is_file():
        raise errors.UserError(
            f"`--model` must be the folder of a run, or a {ENDING} bundle. Received: --model={path}, where there is "
            "none. Name one that niwt or niwt_teach made."
        )
    return given


def name(path: Path) -> str:
    """Returns the name of the folder, or of the bundle less its ending."""
    whole = path.expanduser().resolve()
    return whole.stem if whole.suffix == ENDING and not whole.is_dir() else whole.name
