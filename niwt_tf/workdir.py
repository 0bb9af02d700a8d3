# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: an artefact for each stage, and the record of what it follows from."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.util import arguments, atomic, checksum, json_files, locks, paths

CONFIG = "config.json"
RECORD = "fingerprint.json"
METRICS = "metrics.json"
CHECKPOINTS = "checkpoints"  # folder of what an interrupted training resumes from


@dataclasses.dataclass(frozen=True)
class Record:
    """What an artefact follows from, and the checksums of its files.

    Attributes:
      fingerprint: Fingerprint of all that determines the artefact.
      version: Version of the stage.
      settings: Fingerprint of the settings that the stage depends on.
      reads: Fingerprints of the artefacts that the stage reads, by stage.
      packages: Versions of packages, by name. They do not make an artefact stale.
      files: SHA-256 of the artefact's files, by path; empty until it is complete.
    """

    fingerprint: str
    version: int = 0
    settings: str = ""
    reads: Mapping[str, str] = dataclasses.field(default_factory=dict)
    packages: Mapping[str, str] = dataclasses.field(default_factory=dict)
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Record | None:
        """Read the record in the folder of an artefact; None if there is none, or it is damaged."""
        value = json_files.read(folder / RECORD)
        if not (isinstance(value, dict) and value.keys() == {field.name for field in dataclasses.fields(cls)}):
            return None
        texts = (value["fingerprint"], value["settings"])
        mappings = (value["reads"], value["packages"], value["files"])
        is_valid = all(isinstance(text, str) for text in texts) and isinstance(value["version"], int)
        return cls(**value) if is_valid and all(map(_is_mapping_of_texts, mappings)) else None

    def damaged(self, folder: Path) -> list[str]:
        """List the files of the artefact in `folder` that are missing or changed.

        Raises:
          OSError: If a file cannot be read.
        """
        return [name for name, digest in self.files.items() if not _is_file_with(folder / name, digest)]

    def package_changes(self, now: Record) -> list[str]:
        """List the packages whose versions differ from those of `now`, such as "numpy 2.3.0 (now 2.4.6)"."""
        return [
            f"{name} {version} (now {now.packages.get(name, 'none')})"
            for name, version in self.packages.items()
            if version != now.packages.get(name)
        ]


class Workdir:
    """The artefacts of stages under one folder.

    A stage writes into `<root>/partial/<stage>`, which survives a kill so that the stage can resume, and which is
    renamed to `<root>/<stage>` when the stage is done. Therefore whatever is in `<root>/<stage>` is always complete.
    All of it belongs to one run, the one that `config.json` describes: see `withdraw`.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        """Name the folder, which need not exist.

        Args:
          root: Path of the folder.

        Raises:
          errors.UserError: If `root` is not a path.
        """
        self.root = paths.expanded(arguments.require_path("root", root))

    def path(self, stage: str) -> Path:
        """Return the path of the finished artefact of `stage`, done or not."""
        return self.root / stage

    def record(self, stage: str) -> Record | None:
        """Read what the finished artefact of `stage` follows from; None if it is not done."""
        return Record.read(self.path(stage))

    def is_current(self, stage: str, fingerprint: str) -> bool:
        """Check whether `stage` is done with this fingerprint, and its files are as they were written."""
        record = self.record(stage)
        return record is not None and record.fingerprint == fingerprint and not record.damaged(self.path(stage))

    @contextmanager
    def writing(self, stage: str, record: Record) -> Iterator[Path]:
        """Open the folder to write an artefact into, and make it the stage's if no exception passes.

        What an interrupted call with the same fingerprint left there is kept; what another left is removed. A finished
        artefact holds no checkpoints.

        Raises:
          OSError: If the folder cannot be written.
        """
        partial = self.root / "partial" / stage
        before = Record.read(partial)
        if before is None or before.fingerprint != record.fingerprint:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            _write_record(partial, record)
        atomic.clear(partial)
        yield partial
        for checkpoints in list(partial.rglob(CHECKPOINTS)):
            self._remove(checkpoints)
        _write_record(partial, dataclasses.replace(record, files=_checksums(partial)))
        self._remove(self.path(stage))
        partial.rename(self.path(stage))

    def withdraw(self, stages: Iterable[str]) -> None:
        """Remove the metrics, and then the artefacts of `stages`, which are those that another run left.

        Raises:
          OSError: If something cannot be removed.
        """
        (self.root / METRICS).unlink(missing_ok=True)
        for stage in stages:
            self._remove(self.path(stage))

    def _remove(self, folder: Path) -> None:
        """Remove a folder, if there is one, all of it at once as far as readers can see."""
        removed = self.root / "partial" / "removed"
        shutil.rmtree(removed, ignore_errors=True)
        if folder.exists():
            removed.parent.mkdir(exist_ok=True)
            folder.rename(removed)
            shutil.rmtree(removed)

    def require_same(
        self,
        config: config_lib.RunConfig,
        records: Mapping[str, Record],
        overwrite: bool = False,
        argument: str = "workdir",
    ) -> None:
        """Check that no finished stage in the folder was made by other settings than `config`, unless `overwrite`.

        Args:
          config: Settings of the run.
          records: What the artefact of each stage follows from with these settings.
          overwrite: True to allow such a stage.
          argument: Name of the setting that names the folder.

        Raises:
          errors.UserError: If there is such a stage.
        """
        changed = self._changed(config)
        if overwrite or not changed or not self._is_made_by_others(records):
            return
        differences = "\n".join(
            f"  {errors.setting(name)}: {before!r} there, {now!r} now"
            for name, (before, now) in sorted(changed.items())
        )
        raise errors.UserError(
            f"`{errors.setting(argument)}` must hold a run with the same settings. Received: "
            f"{errors.setting(argument, self.root)}, made with other settings:\n{differences}\nName another "
            f"{errors.setting(argument)}, or add {errors.setting('overwrite')} to remake the stages that these "
            "settings change."
        )

    def _changed(self, config: config_lib.RunConfig) -> dict[str, tuple[Any, Any]]:
        """Compare settings that change results with those of the run in the folder: name -> (there, now)."""
        local = {name for name, (_, field) in config_lib.options(config).items() if field.metadata.get("local")}
        now, there = record(config), json_files.read(self.root / CONFIG)
        before = now | there if isinstance(there, dict) else now
        return {name: (before[name], now[name]) for name in now.keys() - local if before[name] != now[name]}

    def _is_made_by_others(self, records: Mapping[str, Record]) -> bool:
        """Check whether a finished stage follows from other settings than those in `records`."""
        done = {stage: self.record(stage) for stage in records if (self.path(stage) / RECORD).exists()}
        return any(there is None or there.settings != records[stage].settings for stage, there in done.items())

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

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from writing into the folder within the block.

        Raises:
          errors.UserError: If another process writes, and `locks.allow_waiting` forbade waiting.
          OSError: If the folder cannot be written.
        """
        with locks.hold(locks.within(self.root), f"the run in {self.root}"):
            yield

    @contextmanager
    def claimed(self, config: config_lib.RunConfig) -> Iterator[None]:
        """Make this the folder of runs with `config`; take that back if the block refuses the settings of a new run.

        Raises:
          OSError: If the folder cannot be written.
        """
        is_new = not (self.root / CONFIG).exists()
        self.claim(config)
        try:
            yield
        except errors.UserError:
            if is_new:
                (self.root / CONFIG).unlink()
            raise

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


def _is_mapping_of_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _is_file_with(path: Path, digest: str) -> bool:
    return not paths.trouble(path) and checksum.remembered(path) == digest


def _write_record(folder: Path, record: Record) -> None:
    json_files.write(folder / RECORD, dataclasses.asdict(record))


def _checksums(folder: Path) -> dict[str, str]:
    """Compute the SHA-256 of all files below the folder of an artefact but its record."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / RECORD)
    return {path.relative_to(folder).as_posix(): checksum.remembered(path) for path in files}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
