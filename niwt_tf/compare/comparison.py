# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Comparison: runs each of its parts in a process of its own and collects the scores. Finished parts are kept."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from niwt_tf import workdir as workdir_lib
from niwt_tf.compare import axes as axes_lib
from niwt_tf.compare import figure, formats, items, outcome, plan, published, resources, table, work, workers
from niwt_tf.util import json_files, progress

_PACKAGE = str(Path(__file__).resolve().parents[2])
# Code of a process: it imports this very package, and nothing from the folder that the user is in.
_WORKER = f"""import sys
sys.path[:] = [path for path in sys.path if path]
if {_PACKAGE!r} not in sys.path:
    sys.path.insert(0, {_PACKAGE!r})
from niwt_tf.cli import compare_worker
compare_worker.run()"""


@dataclasses.dataclass(frozen=True)
class Request:
    """Request for a comparison.

    Attributes:
      axes: Axes of the comparison.
      out: Folder that holds all runs and the table.
      command: Command of the user, for the reader of the table.
      features: Published features in place of runs, `xlsa17:DIR`; empty for runs.
      workers: Most processes at a time; 0 for as many as cores and free memory allow.
      overwrite: True to allow remaking stages that other settings made.
      reuse: Folders of other comparisons or of runs, whose stages may be reused.
      threads: Number of threads of each process; 0 for the number that `resources.threads` computes.
    """

    axes: axes_lib.Axes
    out: Path
    command: str
    features: str = ""
    workers: int = 0
    overwrite: bool = False
    reuse: tuple[str, ...] = ()
    threads: int = 0


def compare(request: Request) -> outcome.Outcome:
    """Run what is still to do, write the table in all its forms, and return the outcome.

    Raises:
      errors.UserError: If a mistake of the user's shows before any work is done.
      OSError: If the disk is full or cannot be written.
      KeyboardInterrupt: After Ctrl-C, when all processes have ended.
    """
    begun = time.monotonic()
    found = _items(request)
    workdir_lib.Workdir(request.out).require_writable("out")
    most = request.workers or resources.workers()
    threads = request.threads or resources.threads(request.workers, len(found))
    codes = _run(found, most, threads)
    left = {item.key: item for item in found if codes.get(item.key) and not item.is_done()}
    failures = {key: work.failures(item.root, codes[key]) for key, item in left.items()}
    result = outcome.Outcome(
        rows=_rows(found, failures, request.axes),
        noun="seed" if request.features else axes_lib.unit_noun(request.axes),
        units=list(dict.fromkeys(item.unit for item in found)),
        about=outcome.about([metrics for item in found if (metrics := item.metrics())], request.axes.base.data.dataset),
        command=request.command,
        wall_seconds=time.monotonic() - begun,
        made_seconds=sum({key: value for item in found for key, value in item.seconds().items()}.values()),
        processes=min(most, len(found)),
        threads=threads,
        notes=[published.NO_NIWT] if request.features else [],
        logs=[work.log(item.root) for item in left.values()],
    )
    _write(result, request.out)
    return result


def _items(request: Request) -> list[items.Item]:
    if request.features:
        return items.of_features(request.axes, request.out, request.features)
    return items.of_runs(request.axes, request.out, request.overwrite, request.reuse)


def _run(found: Sequence[items.Item], most: int, threads: int) -> dict[str, int]:
    """Run the items that are still to do, and return the exit status of each by its key."""
    to_do = [item for item in found if not item.is_done()]
    progress.say(f"runs: {len(found)}, of which {len(found) - len(to_do)} are done")
    if to_do and (overruled := resources.overruled(threads)):
        progress.say(
            f"  each process gets {outcome.of_threads(threads)}; {', '.join(overruled)} does not hold, see "
            "niwt_compare --threads_per_process"
        )
    tasks = [_task(item) for item in to_do]
    ended = 0

    def tell(task: workers.Task, code: int) -> None:
        nonlocal ended
        ended += 1
        progress.say(f"[{ended}/{len(tasks)}] {task.key}: {f'failed, see {task.log}' if code else 'done'}")

    return workers.run(tasks, most, threads, tell)


def _task(item: items.Item) -> workers.Task:
    command = [sys.executable, "-c", _WORKER, str(item.job.write().resolve())]
    return workers.Task(item.key, command, work.log(item.root), item.after, item.until)


def _rows(
    found: Sequence[items.Item], failures: Mapping[str, Mapping[str, str]], axes: axes_lib.Axes
) -> list[table.Row]:
    """Build the rows from the scores of all items, sorted by domain and method."""
    rows: dict[plan.Place, table.Row] = {}
    for item in found:
        all_scores = item.found()
        went_wrong = failures.get(item.key, {})
        for place in item.places:
            row = rows.setdefault(place, table.Row(place))
            scores = all_scores[place.method]
            if scores is None:
                line = went_wrong.get(place.method) or went_wrong.get(work.WHOLE) or "not done"
                row.failures[item.unit] = line
            else:
                row.scores[item.unit] = table.columns(scores)
                row.details[item.unit] = scores
    return sorted(
        rows.values(), key=lambda row: (axes.domains.index(row.place.domain), axes.methods.index(row.place.method))
    )


def _write(result: outcome.Outcome, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "table.md").write_text(formats.markdown(result), "utf-8")
    (out / "table.csv").write_text(formats.comma_separated(result), "utf-8")
    json_files.write(out / "table.json", formats.record(result))
    figure.write(result, out)
