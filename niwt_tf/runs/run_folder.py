# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check whether a folder holds a run that has gone far enough, or any runs at all."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from niwt_tf import errors
from niwt_tf.runs import command, currency, run_files
from niwt_tf.util import paths


def require(folder: str | None, stages: Sequence[str], argument: str = "workdir", optional: Sequence[str] = ()) -> Path:
    """Check that a folder is a run's, with some stages done, whole and of one run, and return its path.

    Args:
      folder: Path of the folder, as the user wrote it.
      stages: Names of the stages that must be done.
      argument: Name of the setting that names the folder.
      optional: Names of stages that are read, too, where they are done.

    Raises:
      errors.UserError: If the folder is not a run's, lacks a stage, or holds one that is damaged, or does not follow
        from the run's settings and its other stages.
      OSError: If a file cannot be read.
    """
    if not folder:
        raise errors.UserError(
            f"`{errors.setting(argument)}` must name a finished run. Received none. Add "
            f"{errors.setting(argument, 'DIR')}."
        )
    root = paths.expanded(folder)
    config = _config(root)
    if config is None:
        raise errors.UserError(
            f"`{errors.setting(argument)}` must be the folder of a run. Received: {errors.setting(argument, folder)}, "
            f"which {_trouble(root, 'is the folder of no run')}. Name one that niwt made, or make it: niwt "
            f"--workdir={shlex.quote(folder)}"
        )
    missing = [stage for stage in stages if not (root / stage).is_dir()]
    if missing:
        raise errors.UserError(
            f"`{errors.setting(argument)}` must hold the stages {', '.join(stages)}. Received: "
            f"{errors.setting(argument, folder)}, without {', '.join(missing)}. Make what is missing: "
            f"{command.from_record(config, root)}"
        )
    present = [*stages, *(stage for stage in optional if (root / stage).is_dir())]
    if troubles := currency.troubles(root, run_files.RunFiles(root).config, present):
        raise errors.UserError(
            f"`{errors.setting(argument)}` must be the folder of one run, as niwt made it. Received: "
            f"{errors.setting(argument, folder)}, in which {'; '.join(troubles)}. Make anew what is wrong: "
            f"{command.from_record(config, root)}"
        )
    return root


def package_note(root: Path, stages: Sequence[str]) -> str:
    """Explain in one line with which other packages the stages of a run were done; empty if with the same."""
    changes = currency.package_changes(root, stages)
    return f"  made with other packages: {errors.listed(changes)}" if changes else ""


def within(folder: str, argument: str) -> list[Path]:
    """List the folders of runs in a folder: the folder itself, or its direct subfolders.

    Args:
      folder: Path of the folder of a run or of a comparison, as the user wrote it.
      argument: Name of the setting that names the folder.

    Raises:
      errors.UserError: If there are none.
      OSError: If the folder cannot be read.
    """
    root = paths.expanded(folder)
    below = sorted(root.iterdir()) if root.is_dir() else []
    runs = [root] if _config(root) is not None else [path for path in below if _config(path) is not None]
    if not runs:
        raise errors.UserError(
            f"`{errors.setting(argument)}` must name folders of comparisons or of runs. Received: "
            f"{errors.setting(argument, folder)}, which {_trouble(root, 'holds no run')}. Name a folder that "
            f"niwt_compare or niwt made, or leave {errors.setting(argument)} out."
        )
    return runs


def _config(root: Path) -> dict[str, Any] | None:
    """Read the settings of the run in a folder; None if there is none."""
    return run_files.RunFiles(root).config_record


def _trouble(root: Path, of_folder: str) -> str:
    return of_folder if root.is_dir() else "is no folder" if root.exists() else "does not exist"
