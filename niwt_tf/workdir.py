# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: an artefact for each stage, and the fingerprint of what made it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.util import arguments, json_files, paths

CONFIG = "config.json"
FINGERPRINT = "fingerprint.json"


class Workdir:
    """The artefacts of stages under one folder.

    A stage writes into `<root>/partial/<stage>`, which survives a kill so that the stage can resume, and which is
    renamed to `<root>/<stage>` when the stage is done. Therefore whatever is in `<root>/<stage>` is always complete.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        """Name the folder, which need not exist.

        Args:
          root: Path of the folder.

        Raises:
          errors.UserError: If `root` is not a path.
        """
        self.root = Path(arguments.require_path("root", root)).expanduser()

    def path(self, stage: str) -> Path:
        """Return the path of the finished artefact of `stage`, done or not."""
        return self.root / stage

    def is_current(self, stage: str, fingerprint: str) -> bool:
        """Check whether `stage` is done with this fingerprint."""
        return _fingerprint_in(self.path(stage)) == fingerprint

    @contextmanager
    def writing(self, stage: str, fingerprint: str) -> Iterator[Path]:
        """Open the folder to write an artefact into, and make it the stage's if no exception passes.

        What an interrupted call with the same fingerprint left there is kept; what another left is removed.

        Raises:
          OSError: If the folder cannot be written.
        """
        partial = self.root / "partial" / stage
        if _fingerprint_in(partial) != fingerprint:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            json_files.write(partial / FINGERPRINT, {"fingerprint": fingerprint})
        yield partial
        shutil.rmtree(self.path(stage), ignore_errors=True)
        partial.rename(self.path(stage))

    def require_same(self, config: config_lib.RunConfig, overwrite: bool = False, argument: str = "workdir") -> None:
        """Check that the folder holds no run with other settings than `config`, unless `overwrite`.

        Args:
          config: Settings of the run.
          overwrite: True to allow a run with other settings.
          argument: Name of the setting that names the folder.

        Raises:
          errors.UserError: If it holds such a run.
        """
        options = config_lib.options(config)
        local = {name for name, (_, field) in options.items() if field.metadata.get("local")}
        now = config_lib.REMOVED | record(config)
        before = config_lib.REMOVED | (json_files.read(self.root / CONFIG) or now)
        changed = {name for name in (now.keys() | before.keys()) - local if now.get(name) != before.get(name)}
        if changed and not overwrite:
            differences = "\n".join(
                f"  {errors.setting(n)}: {before.get(n)!r} there, {now.get(n)!r} now" for n in sorted(changed)
            )
            raise errors.UserError(
                f"`{errors.setting(argument)}` must hold a run with the same settings. Received: "
                f"{errors.setting(argument, self.root)}, made with other settings:\n{differences}\nName another "
                f"{errors.setting(argument)}, or add {errors.setting('overwrite')} to remake the stages that these "
                "settings change."
            )

    def require_writable(self, argument: str = "workdir") -> None:
        """Check that the folder, which `argument` names, can be made and written, and that its name is UTF-8.

        Raises:
          errors.UserError: If not.
        """
        if not paths.is_text(str(self.root)):
            raise errors.UserError(
                f"`{errors.setting(argument)}` must be a folder whose name is UTF-8. Received: "
                f"{errors.setting(argument, paths.printable(str(self.root)))}. Name another "
                f"{errors.setting(argument)}."
            )
        nearest = next(path for path in (self.root, *self.root.parents) if path.exists())
        if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
            trouble = "cannot be written" if nearest.is_dir() else "is no folder"
            raise errors.UserError(
                f"`{errors.setting(argument)}` must be a folder that can be written. Received: "
                f"{errors.setting(argument, self.root)}, where {nearest} {trouble}. Name another "
                f"{errors.setting(argument)}."
            )

    def claim(self, config: config_lib.RunConfig) -> None:
        """Make this the folder of runs with `config`.

        Raises:
          OSError: If the folder cannot be written.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        json_files.write(self.root / CONFIG, record(config))


def record(config: config_lib.RunConfig) -> dict[str, Any]:
    """Convert the settings to values by name, as `config.json` holds them; see `config.from_record`."""
    return {name: _plain(value) for name, (value, _) in config_lib.options(config).items()}


def _fingerprint_in(folder: Path) -> str | None:
    return (json_files.read(folder / FINGERPRINT) or {}).get("fingerprint")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
