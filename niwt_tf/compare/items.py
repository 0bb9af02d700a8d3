# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Items of a comparison, each made by a process of its own: runs, or published features with a seed."""

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
    """Item of a comparison.

    Attributes:
      key: Name of the item and of its folder.
      unit: Name of the seed or choice.
      places: Rows that the item fills.
      job: Job of its process.
      after: Key of the item that it waits for, if that one is not done; None for none.
      until: Function that is true if the item need not wait any longer.
    """

    key: str
    unit: str
    places: tuple[plan.Place, ...]
    job: work.Job
    after: str | None = None
    until: Callable[[], bool] = _never

    @property
    def root(self) -> Path:
        """Folder of the item."""
        return self.job.root

    def found(self) -> dict[str, dict[str, Any] | None]:
        """Read method -> its scores, setting and seconds; None for a method that is not done."""
        return published.found(self.root, self.job.methods, self.job.settings)

    def is_done(self) -> bool:
        """Check whether nothing is left to do."""
        return None not in self.found().values()

    def metrics(self) -> dict[str, Any] | None:
        """Describe what the scores depend on, as `outcome.about` takes it."""
        return published.about(self.root, self.job.settings)

    def seconds(self) -> dict[str, float]:
        """Read the seconds that all work took, by names that are the same for items that share it."""
        return {f"{self.key} {name}": one["seconds"] for name, one in self.found().items() if one}


@dataclasses.dataclass(frozen=True)
class RunItem(Item):
    """Run, and the baselines on it.

    Attributes:
      prints: Fingerprints of the stages, stage -> fingerprint.
    """

    prints: sharing.Prints = dataclasses.field(default_factory=dict)

    def found(self) -> dict[str, dict[str, Any] | None]:
        """Read method -> its scores, setting and seconds; None for a method that is not done."""
        methods = [place.method for place in self.places]
        if not self._is_scored():
            return dict.fromkeys(methods)
        scores = {baselines.NIWT: baselines.of_niwt(self.root), **baselines.found(self.root, self.job.methods)}
        return {method: scores[method] for method in methods}

    def metrics(self) -> dict[str, Any] | None:
        """Read what the scores depend on, as `outcome.about` takes it; None as long as there are no scores."""
        return run_files.RunFiles(self.root).metrics if self._is_scored() else None

    def seconds(self) -> dict[str, float]:
        """Read the seconds that all work took, by names that are the same for items that share it."""
        folder = workdir_lib.Workdir(self.root)
        done = [stage for stage in work.STAGES if folder.is_current(stage, self.prints[stage])]
        files = run_files.RunFiles(self.root)
        stages = {self.prints[stage]: files.seconds(stage) or 0.0 for stage in done}
        of_baselines = baselines.found(self.root, self.job.methods) if self._is_scored() else {}
        return stages | {f"{self.key} {name}": one["seconds"] for name, one in of_baselines.items() if one}

    def _is_scored(self) -> bool:
        return workdir_lib.Workdir(self.root).is_current("evaluate", self.prints["evaluate"])


def of_runs(axes: axes_lib.Axes, out: Path, overwrite: bool = False, reuse: Sequence[str] = ()) -> list[Item]:
    """Plan the runs of a comparison; each waits for the earlier run with which it shares most stages.

    Args:
      axes: Axes of the comparison.
      out: Folder that holds all runs.
      overwrite: True to allow remaking stages that other settings made.
      reuse: Folders of other comparisons or of runs, whose stages may be reused.

    Raises:
      errors.UserError: If a setting is not valid, `out` holds runs with other settings, or `reuse` holds no runs.
      OSError: If a file or folder cannot be read.
    """
    others = tuple(root for folder in reuse for root in run_folder.within(folder, "reuse"))
    runs = plan.plan(axes)
    prints = {run.key: stage_table.fingerprints(run.config) for run in runs}
    parents = sharing.parents(prints, work.STAGES)
    for run in runs:
        workdir_lib.Workdir(out / run.key).require_same(run.config, overwrite, "out")
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
    """Check whether all stages that two runs share are done in the earlier run."""
    folder = workdir_lib.Workdir(source)
    return all(folder.is_current(stage, there[stage]) for stage in sharing.shared(there, here, work.STAGES))


def of_features(axes: axes_lib.Axes, out: Path, features: str) -> list[Item]:
    """Plan the items of a comparison on published features: one for each seed.

    Args:
      axes: Axes of the comparison; NIWT is left out.
      out: Folder that holds all items.
      features: Published features, `xlsa17:DIR`.

    Raises:
      errors.UserError: If the axes do not suit features, or the features' folder does not exist.
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
