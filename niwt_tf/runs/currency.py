# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check that artefacts of a run are whole, of this version, of the run's settings, and all of one run."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Sequence
from pathlib import Path

from niwt_tf import config as config_lib
from niwt_tf import errors, workdir
from niwt_tf.runs import stage_table
from niwt_tf.util import array_files, json_files, zip_files

_MOST = 3  # names of files in a message, for each stage
_READ = (".json", ".keras", ".npy", ".npz")  # endings of the files that are read of an artefact


def troubles(root: Path, config: config_lib.RunConfig, stages: Sequence[str]) -> list[str]:
    """Explain what is wrong with the artefacts of a run, each in words that begin with the stage; empty if nothing is.

    Args:
      root: Folder of the run.
      config: Settings of the run, those in its `config.json`.
      stages: Names of the stages whose files are read.

    Raises:
      OSError: If a file cannot be read.
    """
    records = _records(root)
    fingerprints = {stage: record.fingerprint for stage, record in records.items()}
    found = {stage: f"was made by an earlier version, or its {workdir.RECORD} is damaged" for stage in stages}
    for stage, record in records.items():
        others = [read for read, one in record.reads.items() if fingerprints.setdefault(read, one) != one]
        found[stage] = (
            _trouble(stage, record, config)
            or (f"was made from other artefacts of {errors.listed(others)}" if others else "")
            or (_damage(root / stage, record) if stage in stages else "")
        )
    return [f"{stage} {found[stage]}" for stage in stage_table.STAGES if found.get(stage)]


def package_changes(root: Path, stages: Sequence[str]) -> list[str]:
    """List the packages whose versions have changed since the stages were done, such as "numpy 2.3.0 (now 2.4.6)"."""
    now = workdir.Record("", packages=stage_table.packages())
    records = _records(root)
    return sorted({change for stage in stages if stage in records for change in records[stage].package_changes(now)})


def _records(root: Path) -> dict[str, workdir.Record]:
    read = {stage: workdir.Record.read(root / stage) for stage in stage_table.STAGES}
    return {stage: record for stage, record in read.items() if record is not None}


def _trouble(stage: str, record: workdir.Record, config: config_lib.RunConfig) -> str:
    """Explain why an artefact is not that of the settings; empty if it is."""
    table = stage_table.STAGES[stage]
    if record.version != table.version or record.reads.keys() != {*table.reads}:
        return "was made by another version"
    if record.settings != stage_table.settings_fingerprint(stage, config):
        return f"was made with other settings than those in {workdir.CONFIG}"
    return ""


def _damage(folder: Path, record: workdir.Record) -> str:
    """Explain how the files of an artefact differ from what was written; empty if they do not."""
    files = {name: digest for name, digest in record.files.items() if name.endswith(_READ)}
    if not files:
        return "has a record that names no files"
    if outside := [name for name in record.files if not zip_files.is_inside(name)]:
        return f"has a record that names files elsewhere: {errors.listed(outside, _MOST)}"
    damaged = [name for name in files if not _looks_whole(folder / name)]
    if damaged := damaged or dataclasses.replace(record, files=files).damaged(folder):
        return f"has missing or changed files: {errors.listed(damaged, _MOST)}"
    added = sorted(_read_files(folder) - files.keys())
    return f"has files that niwt did not write: {errors.listed(added, _MOST)}" if added else ""


def _looks_whole(path: Path) -> bool:
    """Check that a file may be whole, before its checksum is computed: what is in its place may be of any size."""
    try:
        if path.suffix == ".npy":
            array_files.read(path, mapped=True)
        elif path.suffix == ".json":
            return array_files.require(path).stat().st_size <= json_files.MOST_BYTES
        else:
            return zipfile.is_zipfile(array_files.require(path))
    except errors.DamagedError:
        return False
    return True


def _read_files(folder: Path) -> set[str]:
    paths = (path for path in folder.rglob("*") if path.suffix in _READ and path != folder / workdir.RECORD)
    return {path.relative_to(folder).as_posix() for path in paths}
