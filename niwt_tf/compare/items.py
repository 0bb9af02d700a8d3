# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The parts of a comparison that a process each makes: runs, or published features with a seed."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from niwt_tf import workdir as workdir_lib
from niwt_tf.baselines import run as baselines
from niwt_tf.compare import axes as axes_lib
from niwt_tf.compare import plan, published, sharing, work
from niwt_tf.runs import run_files, run_folder, stage_table


def _never() -> bool:
    return False


@dataclasses.dataclass(frozen=True)
class Item:
    """A part.

    Attributes:
      key: its name, and that of its folder.
      unit: the seed or choice, by its name.
      places: the rows that it fills.
      job: what its process does.
      after: the key of the item that it waits for, if that is not done; None for none.
      until: whether it need not wait any longer.
    """

    key: str
    unit: str
    places: tuple[plan.Place, ...]
    job: work.Job
    after: str | None = None
    until: Callable[[], bool] = _never

    @property
    def root(self) -> Path:
        """Its folder."""
        return self.job.root

    def found(self) -> dict[str, dict[str, Any] | None]:
        """Returns method -> its scores, setting and seconds; None for one that is not done."""
        return published.found(self.root, self.job.methods, self.job.settings)

    def is_done(self) -> bool:
        """Returns whether nothing is left to do."""
        return None not in self.found().values()

    def metrics(self) -> dict[str, Any] | None:
        """Returns what the scores rest on, as `outcome.about` takes it; None as long as there are none."""
        return published.about(self.root, self.job.settings)

    def seconds(self) -> dict[str, float]:
        """Returns the seconds that all took: by names that parts with the same work have in common."""
        return {f"{self.key} {name}": one["seconds"] for name, one in self.found().items() if one}


@dataclasses.dataclass(frozen=True)
class RunItem(Item):
    """A run, and the baselines on it.

    Attributes:
      prints: stage -> fingerprint.
    """

    prints: sharing.Prints = dataclasses.field(default_factory=dict)

    def found(self) -> dict[str, dict[str, Any] | None]:
        """Returns method -> its scores, setting and seconds; None for one that is not done."""
        methods = [place.method for place in self.places]
        if not self._is_scored():
            return dict.fromkeys(methods)
        scores = {baselines.NIWT: baselines.of_niwt(self.root), **baselines.found(self.root, self.job.methods)}
        return {method: scores[method] for method in methods}

    def metrics(self) -> dict[str, Any] | None:
        """Returns what the scores rest on, as `outcome.about` takes it; None as long as there are none."""
        return run_files.RunFiles(self.root).metrics if self._is_scored() else None

    def seconds(self) -> dict[str, float]:
        """Returns the seconds that all took: by names that parts with the same work have in common."""
        folder = workdir_lib.Workdir(self.root)
        done = [stage for stage in work.STAGES if folder.is_current(stage, self.prints[stage])]
        files = run_files.RunFiles(self.root)
        stages = {self.prints[stage]: files.seconds(stage) or 0.0 for stage in done}
        of_baselines = baselines.found(self.root, self.job.methods) if self._is_scored() else {}
        return stages | {f"{self.key} {name}": one["seconds"] for name, one in of_baselines.items() if one}

    def _is_scored(self) -> bool:
        return workdir_lib.Workdir(self.root).is_current("evaluate", self.prints["evaluate"])


def of_runs(axes: axes_lib.Axes, out: Path, overwrite: bool = False, reuse: Sequence[str] = ()) -> list[Item]:
    """Returns the runs of a comparison, each after the one that it has most in common with.

    Args:
      axes: what is compared.
      out: the folder in which all lies.
      overwrite: whether stages that other settings made may be made anew.
      reuse: folders of other comparisons or of runs, whose stages may be taken.

    Raises:
      errors.UserError: if a setting is not among the valid ones, `out` holds runs with other settings, or `reuse` none.
      OSError: if a file or folder cannot be read.
    """
    others = tuple(root for folder in reuse for root in run_folder.within(folder, "--reuse"))
    runs = plan.plan(axes)
    prints = {run.key: stage_table.fingerprints(run.config) for run in runs}
    parents = sharing.parents(prints, work.STAGES)
    for run in runs:
        workdir_lib.Workdir(out / run.key).require_same(run.config, overwrite, "--out")
    return [_run_item(run, prints, parents[run.key], out, overwrite, others) for run in runs]


def _run_item(
    run: plan.PlannedRun,
    prints: dict[str, dict[str, str]],
    parent: str | None,
    out: Path,
    overwrite: bool,
    others: tuple[Path, ...],
) -> RunItem:
    source = out / parent if parent else None
    sources = (source, *others) if source else others
    job = work.Job(out / run.key, run.baselines, workdir_lib.record(run.config), sources, overwrite)
    until = functools.partial(_are_made, source, prints[parent], prints[run.key]) if source and parent else _never
    return RunItem(run.key, run.unit, run.places, job, parent, until, prints[run.key])


def _are_made(source: Path, there: sharing.Prints, here: sharing.Prints) -> bool:
    """Returns whether all that two runs have in common is done in the earlier one."""
    folder = workdir_lib.Workdir(source)
    return all(folder.is_current(stage, there[stage]) for stage in sharing.shared(there, here, work.STAGES))


def of_features(axes: axes_lib.Axes, out: Path, features: str) -> list[Item]:
    """Returns the parts of a comparison on published features: one for each seed.

    Args:
      axes: what is compared; NIWT is left out.
      out: the folder in which all lies.
      features: `xlsa17:DIR`.

    Raises:
      errors.UserError: if the axes make no sense with features, or there are none.
    """
    published.require(features)
    methods = published.methods(axes)
    items = []
    for seed in axes.seeds or (axes.base.seed,):
        settings = {published.FEATURES: features, published.SEED: seed}
        places = tuple(plan.Place(method, published.DOMAIN) for method in methods)
        key = f"{published.FEATURES}-{seed}"
        items.append(Item(key, str(seed), places, work.Job(out / key, methods, settings)))
    return items
