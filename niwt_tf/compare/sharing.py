# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Sharing of stages between runs: a stage is made once, and a later run gets it as links to the finished files.

Stages with the same fingerprint are the same, so this file needs no rules about what depends on what. A finished stage
is never written to, only replaced as a whole folder, so links to its files are as good as copies.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from niwt_tf import workdir as workdir_lib

Prints = Mapping[str, str]  # stage -> fingerprint, see `stage_table.fingerprints`


def parents(prints: Mapping[str, Prints], stages: Sequence[str]) -> dict[str, str | None]:
    """Find for each run the earlier run with which it shares most of `stages`; None if it shares none.

    Args:
      prints: Fingerprints of each run, in the order in which the runs are made.
      stages: Stages that are made.
    """
    found: dict[str, str | None] = {}
    for key in prints:
        shares = {earlier: len(shared(prints[earlier], prints[key], stages)) for earlier in found}
        nearest = max(shares, key=lambda earlier: shares[earlier], default=None)
        found[key] = nearest if nearest is not None and shares[nearest] else None
    return found


def shared(one: Prints, other: Prints, stages: Sequence[str]) -> list[str]:
    """List those of `stages` that two runs share."""
    return [stage for stage in stages if one[stage] == other[stage]]


def nearest(sources: Sequence[Path], target: Path, prints: Prints, stages: Sequence[str]) -> Path:
    """Choose the one of `sources` from which `link` takes most stages, the first of several.

    A run takes stages from one other run only: networks that were trained separately may differ even if their
    fingerprints are the same, and stages of one network must not be mixed with those of the other.

    Args:
      sources: Folders of runs, at least one.
      target: Folder of another run.
      prints: Fingerprints of the run in `target`.
      stages: Stages to consider.
    """
    return max(sources, key=lambda source: len(_missing(source, target, prints, stages)))


def link(source: Path, target: Path, prints: Prints, stages: Sequence[str]) -> list[str]:
    """Link those of `stages` that are done in `source` and not yet in `target`, and return their names.

    Args:
      source: Folder of a run.
      target: Folder of another run.
      prints: Fingerprints of the run in `target`.
      stages: Stages to consider.

    Raises:
      OSError: If the folder cannot be written.
    """
    there, here = workdir_lib.Workdir(source), workdir_lib.Workdir(target)
    wanted = _missing(source, target, prints, stages)
    for name in wanted:
        temporary = target / "partial" / f"{name}.linked"
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.copytree(there.path(name), temporary, copy_function=_link)
        shutil.rmtree(here.path(name), ignore_errors=True)
        temporary.rename(here.path(name))
    return wanted


def _missing(source: Path, target: Path, prints: Prints, stages: Sequence[str]) -> list[str]:
    """List those of `stages` that are done in `source` and not yet in `target`."""
    there, here = workdir_lib.Workdir(source), workdir_lib.Workdir(target)
    return [name for name in stages if there.is_current(name, prints[name]) and not here.is_current(name, prints[name])]


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copy2(source, target)
