# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Reuse of stages between runs: a stage is computed once, and later runs link to its files.

Stages with the same fingerprint have the same content, so no rules about their dependencies are needed here. A finished
stage is never written to, only replaced as a whole folder, so links to its files are as good as copies.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from niwt_tf import workdir as workdir_lib
from niwt_tf.util import atomic

Fingerprints = Mapping[str, str]  # stage -> fingerprint, see `stage_table.fingerprints`


def parents(fingerprints: Mapping[str, Fingerprints], stages: Sequence[str]) -> dict[str, str | None]:
    """Find for each run the earlier run with which it shares most of `stages`; None if it shares none.

    Args:
      fingerprints: Fingerprints of each run, in the order in which the runs are started.
      stages: Stages to consider.
    """
    parent_of: dict[str, str | None] = {}
    for key in fingerprints:
        counts = {
            earlier: len(common_stages(fingerprints[earlier], fingerprints[key], stages)) for earlier in parent_of
        }
        best = max(counts, key=lambda earlier: counts[earlier], default=None)
        parent_of[key] = best if best is not None and counts[best] else None
    return parent_of


def common_stages(one: Fingerprints, other: Fingerprints, stages: Sequence[str]) -> list[str]:
    """List those of `stages` that are the same in two runs."""
    return [stage for stage in stages if one[stage] == other[stage]]


def best_source(sources: Sequence[Path], target: Path, fingerprints: Fingerprints, stages: Sequence[str]) -> Path:
    """Choose the source from which `link_stages` takes most stages; of several, the first.

    A run takes stages from one other run only: networks that were trained separately may differ even if their
    fingerprints are the same, and their stages must not be mixed.

    Args:
      sources: Folders of runs, at least one.
      target: Folder of another run.
      fingerprints: Fingerprints of the run in `target`.
      stages: Stages to consider.
    """
    return max(sources, key=lambda source: len(_missing(source, target, fingerprints, stages)))


def link_stages(source: Path, target: Path, fingerprints: Fingerprints, stages: Sequence[str]) -> list[str]:
    """Link those of `stages` that are done in `source` and not yet in `target`, and return their names.

    Args:
      source: Folder of a run.
      target: Folder of another run.
      fingerprints: Fingerprints of the run in `target`.
      stages: Stages to consider.

    Raises:
      OSError: If the folder cannot be written.
    """
    there, here = workdir_lib.Workdir(source), workdir_lib.Workdir(target)
    missing = _missing(source, target, fingerprints, stages)
    for name in missing:
        with atomic.temporary(target / "partial" / ".linked") as linked:
            shutil.copytree(there.path(name), linked, copy_function=_link_file)
            shutil.rmtree(here.path(name), ignore_errors=True)
            linked.rename(here.path(name))
    return missing


def _missing(source: Path, target: Path, fingerprints: Fingerprints, stages: Sequence[str]) -> list[str]:
    """List those of `stages` that are done in `source` and not yet in `target`."""
    there, here = workdir_lib.Workdir(source), workdir_lib.Workdir(target)
    return [
        name
        for name in stages
        if there.is_current(name, fingerprints[name]) and not here.is_current(name, fingerprints[name])
    ]


def _link_file(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or a file system without links
        shutil.copy2(source, target)
