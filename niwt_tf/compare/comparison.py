# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Run the jobs of a comparison in processes of their own, and collect the scores. Finished jobs are kept."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from niwt_tf import workdir as workdir_lib
from niwt_tf.compare import (
    figure,
    formats,
    jobs,
    outcome,
    plan,
    published_features,
    resources,
    table,
    worker_job,
    workers,
)
from niwt_tf.compare import grid as grid_lib
from niwt_tf.util import atomic, json_files, locks, progress

_PACKAGE = str(Path(__file__).resolve().parents[2])
# Code of a worker process: it imports this very package, and nothing from the current folder.
_WORKER = f"""import sys
sys.path[:] = [path for path in sys.path if path]
if {_PACKAGE!r} not in sys.path:
    sys.path.insert(0, {_PACKAGE!r})
from niwt_tf.cli import start
start.compare_worker()"""


@dataclasses.dataclass(frozen=True)
class Request:
    """Request for a comparison.

    Attributes:
      grid: Grid of methods and settings.
      out: Folder that holds all runs and the table.
      command: Command line of the user, which the table shows.
      features: Published features in place of runs, `xlsa17:DIR`; empty for runs.
      workers: Largest number of processes at a time; 0 for as many as cores and free memory allow.
      overwrite: True to allow remaking stages that other settings made.
      reuse: Folders of other comparisons or of runs, whose stages may be reused.
      threads: Number of threads of each process; 0 for the number that `resources.threads` computes.
    """

    grid: grid_lib.Grid
    out: Path
    command: str
    features: str = ""
    workers: int = 0
    overwrite: bool = False
    reuse: tuple[str, ...] = ()
    threads: int = 0


def compare(request: Request) -> outcome.Outcome:
    """Run the jobs that are not done yet, write the table in all formats, and return the outcome.

    Raises:
      errors.UserError: If a setting is not valid, which is checked before any work; or another process writes into the
        folder, and `locks.allow_waiting` forbade waiting.
      OSError: If the disk is full or cannot be written.
      KeyboardInterrupt: After Ctrl-C, when all processes have ended.
    """
    planned = _plan_jobs(request)
    workdir_lib.Workdir(request.out).require_writable("out")
    with locks.hold(locks.within(request.out), f"the comparison in {request.out}"):
        return _compare(planned, request)


def _compare(planned: Sequence[jobs.ComparisonJob], request: Request) -> outcome.Outcome:
    begun = time.monotonic()
    most = request.workers or resources.workers()
    threads = request.threads or resources.threads(request.workers, len(planned))
    codes = _run(planned, most, threads)
    failed = {job.key: job for job in planned if codes.get(job.key) and not job.is_done()}
    failures = {key: worker_job.failures(job.root, codes[key]) for key, job in failed.items()}
    result = outcome.Outcome(
        rows=_rows(planned, failures, request.grid),
        replicate_noun="seed" if request.features else grid_lib.replicate_noun(request.grid),
        replicates=list(dict.fromkeys(job.replicate for job in planned)),
        facts=outcome.collect_facts(
            [metrics for job in planned if (metrics := job.metrics())], request.grid.base.data.dataset
        ),
        command=request.command,
        wall_seconds=time.monotonic() - begun,
        made_seconds=sum({key: value for job in planned for key, value in job.seconds().items()}.values()),
        processes=min(most, len(planned)),
        threads=threads,
        notes=[published_features.NO_NIWT] if request.features else [],
        logs=[worker_job.log(job.root) for job in failed.values()],
    )
    _write(result, request.out)
    return result


def _plan_jobs(request: Request) -> list[jobs.ComparisonJob]:
    if request.features:
        return jobs.feature_jobs(request.grid, request.out, request.features)
    return jobs.run_jobs(request.grid, request.out, request.overwrite, request.reuse)


def _run(planned: Sequence[jobs.ComparisonJob], most: int, threads: int) -> dict[str, int]:
    """Run the jobs that are not done yet, and return the exit status of each by its key."""
    to_do = [job for job in planned if not job.is_done()]
    progress.print_line(f"runs: {len(planned)}, of which {len(planned) - len(to_do)} are done")
    if to_do and (overruled := resources.overruled(threads)):
        progress.print_line(
            f"  each process gets {outcome.format_threads(threads)}, whatever {', '.join(overruled)} says: see "
            "niwt_compare --threads_per_process"
        )
    tasks = [_task(job) for job in to_do]
    ended = 0

    def report(task: workers.Task, code: int) -> None:
        nonlocal ended
        ended += 1
        progress.print_line(f"[{ended}/{len(tasks)}] {task.key}: {f'failed, see {task.log}' if code else 'done'}")

    return workers.run(tasks, most, threads, report)


def _task(job: jobs.ComparisonJob) -> workers.Task:
    command = [sys.executable, "-c", _WORKER, str(job.spec.write().resolve())]
    return workers.Task(job.key, command, worker_job.log(job.root), job.waits_for, job.is_ready)


def _rows(
    planned: Sequence[jobs.ComparisonJob], failures: Mapping[str, Mapping[str, str]], grid: grid_lib.Grid
) -> list[table.Row]:
    """Build the rows from the scores of all jobs, sorted by domain and method."""
    rows: dict[plan.RowKey, table.Row] = {}
    for job in planned:
        scores_of, errors_of = job.scores(), failures.get(job.key, {})
        for key in job.row_keys:
            row = rows.setdefault(key, table.Row(key))
            scores = scores_of[key.method]
            if scores is None:
                row.failures[job.replicate] = errors_of.get(key.method) or errors_of.get(worker_job.WHOLE) or "not done"
            else:
                row.scores[job.replicate] = table.columns(scores)
                row.details[job.replicate] = scores
    return sorted(
        rows.values(), key=lambda row: (grid.domains.index(row.key.domain), grid.methods.index(row.key.method))
    )


def _write(result: outcome.Outcome, out: Path) -> None:
    atomic.write_text(out / "table.md", formats.markdown(result))
    atomic.write_text(out / "table.csv", formats.comma_separated(result))
    json_files.write(out / "table.json", formats.record(result))
    figure.write(result, out)
