# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Jobs of a comparison, each done by a process of its own: a run with its baselines, or published features."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from niwt_tf import workdir as workdir_lib
from niwt_tf.baselines import run as baselines
from niwt_tf.compare import grid as grid_lib
from niwt_tf.compare import plan, published_features, stage_reuse, worker_job, workers
from niwt_tf.runs import run_files, run_folder, stage_table


@dataclasses.dataclass(frozen=True)
class ComparisonJob:
    """Job of a comparison.

    Attributes:
      key: Name of the job and of its folder.
      replicate: Name of the seed or choice.
      row_keys: Keys of the rows that the job fills.
      spec: Specification for the job's process.
      waits_for: Key of the job that this one waits for, if that one is not done; None for none.
      is_ready: Function that returns True once the job need not wait any longer.
    """

    key: str
    replicate: str
    row_keys: tuple[plan.RowKey, ...]
    spec: worker_job.JobSpec
    waits_for: str | None = None
    is_ready: Callable[[], bool] = workers.never

    @property
    def root(self) -> Path:
        """Folder of the job."""
        return self.spec.root

    def scores(self) -> dict[str, dict[str, Any] | None]:
        """Read the scores, setting and seconds of each method; None for a method that is not done."""
        return published_features.read_scores(self.root, self.spec.methods, self.spec.settings)

    def is_done(self) -> bool:
        """Check whether nothing is left to do."""
        return None not in self.scores().values()

    def metrics(self) -> dict[str, Any] | None:
        """Describe what the scores depend on, as `outcome.collect_facts` takes it."""
        return published_features.describe(self.root, self.spec.settings)

    def seconds(self) -> dict[str, float]:
        """Read the seconds of all work, by names that are the same for jobs that share it."""
        return {f"{self.key} {name}": one["seconds"] for name, one in self.scores().items() if one}


@dataclasses.dataclass(frozen=True)
class RunJob(ComparisonJob):
    """Run, and the baselines on it.

    Attributes:
      fingerprints: Fingerprint of each stage.
    """

    fingerprints: stage_reuse.Fingerprints = dataclasses.field(default_factory=dict)

    def scores(self) -> dict[str, dict[str, Any] | None]:
        """Read the scores, setting and seconds of each method; None for a method that is not done."""
        methods = [key.method for key in self.row_keys]
        if not self._is_scored():
            return dict.fromkeys(methods)
        scores = {
            baselines.NIWT: baselines.niwt_scores(self.root),
            **baselines.read_scores(self.root, self.spec.methods),
        }
        return {method: scores[method] for method in methods}

    def metrics(self) -> dict[str, Any] | None:
        """Read what the scores depend on, as `outcome.collect_facts` takes it; None as long as there are no scores."""
        return run_files.RunFiles(self.root).metrics if self._is_scored() else None

    def seconds(self) -> dict[str, float]:
        """Read the seconds of all work, by names that are the same for jobs that share it."""
        folder = workdir_lib.Workdir(self.root)
        done = [stage for stage in worker_job.STAGES if folder.is_current(stage, self.fingerprints[stage])]
        files = run_files.RunFiles(self.root)
        stages = {self.fingerprints[stage]: files.seconds(stage) or 0.0 for stage in done}
        measured = baselines.read_scores(self.root, self.spec.methods) if self._is_scored() else {}
        return stages | {f"{self.key} {name}": one["seconds"] for name, one in measured.items() if one}

    def _is_scored(self) -> bool:
        return workdir_lib.Workdir(self.root).is_current("evaluate", self.fingerprints["evaluate"])


def run_jobs(grid: grid_lib.Grid, out: Path, overwrite: bool = False, reuse: Sequence[str] = ()) -> list[ComparisonJob]:
    """Plan the runs of a comparison; each waits for the earlier run with which it shares most stages.

    Args:
      grid: Grid of the comparison.
      out: Folder that holds all runs.
      overwrite: True to allow remaking stages that other settings made.
      reuse: Folders of other comparisons or of runs, whose stages may be reused.

    Raises:
      errors.UserError: If a setting is not valid, `out` holds runs with other settings, or `reuse` holds no runs.
      OSError: If a file or folder cannot be read.
    """
    others = tuple(root for folder in reuse for root in run_folder.within(folder, "reuse"))
    runs = plan.plan(grid)
    records = {run.key: stage_table.records(run.config) for run in runs}
    fingerprints = {key: {name: one.fingerprint for name, one in of_run.items()} for key, of_run in records.items()}
    parents = stage_reuse.parents(fingerprints, worker_job.STAGES)
    for run in runs:
        workdir_lib.Workdir(out / run.key).require_same(run.config, records[run.key], overwrite, "out")
    return [_run_job(run, fingerprints, parents[run.key], out, overwrite, others) for run in runs]


def _run_job(
    run: plan.PlannedRun,
    fingerprints: dict[str, dict[str, str]],
    parent: str | None,
    out: Path,
    overwrite: bool,
    others: tuple[Path, ...],
) -> RunJob:
    source = out / parent if parent else None
    sources = (source, *others) if source else others
    spec = worker_job.JobSpec(out / run.key, run.baselines, workdir_lib.record(run.config), sources, overwrite)
    own = fingerprints[run.key]
    is_ready = (
        functools.partial(_common_stages_are_done, source, fingerprints[parent], own)
        if source and parent
        else workers.never
    )
    return RunJob(run.key, run.replicate, run.row_keys, spec, parent, is_ready, own)


def _common_stages_are_done(source: Path, there: stage_reuse.Fingerprints, here: stage_reuse.Fingerprints) -> bool:
    """Check whether all stages that two runs share are done in the earlier run."""
    folder = workdir_lib.Workdir(source)
    return all(
        folder.is_current(stage, there[stage]) for stage in stage_reuse.common_stages(there, here, worker_job.STAGES)
    )


def feature_jobs(grid: grid_lib.Grid, out: Path, features: str) -> list[ComparisonJob]:
    """Plan the jobs of a comparison on published features: one for each seed.

    Args:
      grid: Grid of the comparison; NIWT is left out.
      out: Folder that holds all jobs.
      features: Published features, `xlsa17:DIR`.

    Raises:
      errors.UserError: If the grid does not suit features, or the features' folder does not exist.
    """
    published_features.require_folder(features)
    methods = published_features.methods(grid)
    jobs = []
    for seed in grid.seeds or (grid.base.seed,):
        settings = {published_features.FEATURES: features, published_features.SEED: seed}
        row_keys = tuple(plan.RowKey(method, published_features.DOMAIN) for method in methods)
        key = f"{published_features.FEATURES}-{seed}"
        jobs.append(ComparisonJob(key, str(seed), row_keys, worker_job.JobSpec(out / key, methods, settings)))
    return jobs
