# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What runs have in common is made once: a later run gets the finished stages of another one as links.

A stage is the same where its fingerprint is, so no rule here says what follows from what. A finished stage is never
written to, only replaced as a whole folder, so links to its files are as good as copies.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from niwt_tf import workdir as workdir_lib

Prints = Mapping[str, str]  # stage -> fingerprint, see `stage_table.fingerprints`


def parents(prints: Mapping[str, Prints], stages: Sequence[str]) -> dict[str, str | None]:
    """Returns run -> the earlier run that it has most of `stages` in common with; None where there are none.

    Args:
      prints: of each run, in the order in which they are to be made.
      stages: those that are made.
    """
    found: dict[str, str | None] = {}
    for key in prints:
        shares = {earlier: len(shared(prints[earlier], prints[key], stages)) for earlier in found}
        nearest = max(shares, key=lambda earlier: shares[earlier], default=None)
        found[key] = nearest if nearest is not None and shares[nearest] else None
    return found


def shared(one: Prints, other: Prints, stages: Sequence[str]) -> list[str]:
    """Returns those of `stages` that two runs have in common."""
    return [stage for stage in stages if one[stage] == other[stage]]


def nearest(sources: Sequence[Path], target: Path, prints: Prints, stages: Sequence[str]) -> Path:
    """Returns the one of `sources` that `link` takes most stages of, the first of several.

    A run takes from one other alone: networks trained apart may differ even where their fingerprints do not, and what
    was made by one of them must not meet the other.

    Args:
      sources: folders of runs, at least one.
      target: the folder of another.
      prints: of the run in `target`.
      stages: which to look at.
    """
    return max(sources, key=lambda source: len(_missing(source, target, prints, stages)))


def link(source: Path, target: Path, prints: Prints, stages: Sequence[str]) -> list[str]:
    """Gives the run in `target` those of `stages` that are done in `source` and not yet here, and returns which.

    Args:
      source: the folder of a run.
      target: the folder of another.
      prints: of the run in `target`.
      stages: which to look at.

    Raises:
      OSError: if the folder cannot be written.
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
    """Returns those of `stages` that are done in `source` and not yet in `target`."""
    there, here = workdir_lib.Workdir(source), workdir_lib.Workdir(target)
    return [name for name in stages if there.is_current(name, prints[name]) and not here.is_current(name, prints[name])]


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one that knows no links
        shutil.copy2(source, target)
