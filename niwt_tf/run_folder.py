# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tells whether a folder holds a run that has gone far enough."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from niwt_tf import command, errors, workdir


def require(folder: str | None, stages: Sequence[str], flag: str = "--workdir") -> Path:
    """Returns a run's folder.

    Args:
      folder: as the user names it.
      stages: must be done.
      flag: by which the user names it.

    Raises:
      errors.UserError: if it is none, or lacks a stage.
    """
    if not folder:
        raise errors.UserError(f"`{flag}` must name a finished run. Received none. Add {flag}=DIR.")
    root = Path(folder).expanduser()
    config = workdir.read_json(root / "config.json")
    if not isinstance(config, dict):
        trouble = "is the folder of no run" if root.is_dir() else "is no folder" if root.exists() else "does not exist"
        raise errors.UserError(
            f"`{flag}` must be the folder of a run. Received: {flag}={folder}, which {trouble}. Name one that "
            f"niwt made, or make it: niwt --workdir={shlex.quote(folder)}"
        )
    missing = [stage for stage in stages if not (root / stage).is_dir()]
    if missing:
        raise errors.UserError(
            f"`{flag}` must hold the stages {', '.join(stages)}. Received: {flag}={folder}, without "
            f"{', '.join(missing)}. Make what is missing: {command.of_record(config, root)}"
        )
    return root
