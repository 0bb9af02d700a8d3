# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A comparison: all its runs in processes of their own, and what they found. What is done is not done again."""

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
# What a process runs: this very package, and nothing that lies where the user happens to be.
_WORKER = f"""import sys
sys.path[:] = [path for path in sys.path if path]
if {_PACKAGE!r} not in sys.path:
    sys.path.insert(0, {_PACKAGE!r})
from niwt_tf.cli import compare_worker
compare_worker.run()"""


@dataclasses.dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
      axes: what is compared.
      out: the folder in which all lies.
      command: what the user asked by, for the reader of the table.
      features: published features in place of runs; empty for runs.
      workers: how many processes run at a time; 0 for as many as cores and free memory allow.
      overwrite: whether stages that other settings made may be made anew.
      reuse: folders of other comparisons or of runs, whose stages may be taken.
      threads: how many each process gets; 0 for what `resources.threads` says.
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
    """Does what is still to do, writes the table in all its forms, and returns it.

    Raises:
      errors.UserError: for a mistake of the user's that shows before any work is done.
      OSError: if the disk is full or cannot be written.
      KeyboardInterrupt: after Ctrl-C, when all processes have ended.
    """
    begun = time.monotonic()
    found = _items(request)
    workdir_lib.Workdir(request.out).require_writable("--out")
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
    """Returns the exit status of each run that was still to do, by its key."""
    to_do = [item for item in found if not item.is_done()]
    progress.say(f"runs: {len(found)}, of which {len(found) - len(to_do)} are done")
    if to_do and (overruled := resources.overruled(threads)):
        progress.say(
            f"  each process gets {outcome.of_threads(threads)}; {', '.join(overruled)} does not hold, see "
            "--threads_per_process"
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
    """Returns the rows, domain by domain and method by method, with what each item found."""
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
