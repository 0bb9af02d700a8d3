# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Run the stages in order; a stage whose artefact was made by the same settings is skipped.

TensorFlow is not imported before a stage has to run, so a finished run answers at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf import workdir as workdir_lib
from niwt_tf.runs import run_files, stage_table
from niwt_tf.util import arguments, json_files, progress

if TYPE_CHECKING:
    from niwt_tf.pipeline import context as context_lib

_MEASURING = ("evaluate", "explain")  # the stages that write metrics.json
_Records = Mapping[str, workdir_lib.Record]


def _current(records: _Records, workdir: workdir_lib.Workdir) -> list[str]:
    """List the stages that are done, in order."""
    return [name for name in stage_table.STAGES if workdir.is_current(name, records[name].fingerprint)]


def _selected(stages: Sequence[str]) -> list[str]:
    """List `stages`, all by default, in order."""
    for name in stages:
        if name not in stage_table.STAGES:
            raise errors.unknown_value("stages", name, stage_table.STAGES)
    return [name for name in stage_table.STAGES if name in stages or not stages]


def run(
    config: config_lib.RunConfig,
    workdir: workdir_lib.Workdir,
    stages: Sequence[str] = (),
    overwrite: bool = False,
    start: Callable[[], None] = lambda: None,
) -> dict[str, Any] | None:
    """Run the stages that are still to do, and return the metrics; None until the classifier is evaluated.

    Args:
      config: Settings of the run.
      workdir: Folder that artefacts are read from and written to.
      stages: Names of the stages to run; all by default.
      overwrite: True to allow remaking stages that were made by other settings.
      start: Function called before TensorFlow is imported, if there is anything to do.

    Raises:
      errors.UserError: If a setting, a file or an image of the user is wrong.
      OSError: If the disk is full or cannot be written.
    """
    arguments.require_instance("config", config, config_lib.RunConfig, "Make one with config.RunConfig(...).")
    arguments.require_instance("workdir", workdir, workdir_lib.Workdir, "Make one with workdir.Workdir(path).")
    stages, overwrite = arguments.require_texts("stages", stages), arguments.require_flag("overwrite", overwrite)
    if not callable(start):
        raise arguments.wrong("start", "be a function", start, "Leave it out.")
    selected, records = _selected(stages), stage_table.records(config)
    current = _require_ready(selected, config, records, workdir, overwrite)
    if set(selected) <= set(current):
        for name in current:
            _print_done(name, records, workdir)
        return _renew_metrics(current, records, workdir)
    workdir.require_writable()
    context = _start(config, workdir, start)
    with workdir.lock():
        current = _require_ready(selected, config, records, workdir, overwrite)
        workdir.withdraw([name for name in stage_table.STAGES if name not in current])
        with workdir.claimed(config):
            for name in stage_table.STAGES:
                if name in current:
                    _print_done(name, records, workdir)
                elif name in selected:
                    progress.print_line(f"{_numbered(name)}: {stage_table.STAGES[name].title}")
                    _run_stage(name, context, records[name])
        done = [name for name in stage_table.STAGES if name in {*current, *selected}]
        return _write_metrics(done, workdir)


def _require_ready(
    selected: Sequence[str],
    config: config_lib.RunConfig,
    records: _Records,
    workdir: workdir_lib.Workdir,
    overwrite: bool,
) -> list[str]:
    """Check that the selected stages can be run in the folder, and list all stages that are done there."""
    current = _current(records, workdir)
    workdir.require_same(config, records, overwrite)
    _require_inputs([name for name in selected if name not in current], current)
    return current


def _numbered(name: str) -> str:
    names = list(stage_table.STAGES)
    return f"[{names.index(name) + 1}/{len(names)}] {name}"


def _print_done(name: str, records: _Records, workdir: workdir_lib.Workdir) -> None:
    """Print that a stage was done before, and with which other packages."""
    there = workdir.record(name)
    changes = there.package_changes(records[name]) if there else []
    progress.print_line(f"{_numbered(name)}: done before{f', with {errors.listed(changes)}' if changes else ''}")


def _renew_metrics(done: Sequence[str], records: _Records, workdir: workdir_lib.Workdir) -> dict[str, Any] | None:
    """Return the metrics of a finished run, and write them unless they are there; None without an evaluation."""
    metrics = _metrics(done, workdir)
    if metrics is None or json_files.read(workdir.root / workdir_lib.METRICS) == metrics:
        return metrics
    with workdir.lock():
        return _write_metrics(_current(records, workdir), workdir)  # again: another process may have written meanwhile


def _write_metrics(done: Sequence[str], workdir: workdir_lib.Workdir) -> dict[str, Any] | None:
    """Write and return what the stages that are done have measured; None until the classifier is evaluated."""
    metrics = _metrics(done, workdir)
    if metrics is not None:
        json_files.write(workdir.root / workdir_lib.METRICS, metrics)
    return metrics


def _metrics(done: Sequence[str], workdir: workdir_lib.Workdir) -> dict[str, Any] | None:
    """Collect what the stages that are done have measured; None until the classifier is evaluated."""
    if "evaluate" not in done:
        return None
    files = run_files.RunFiles(workdir.root)
    measured = [files.metrics_of(name) for name in _MEASURING if name in done]
    metrics = {name: value for one in measured for name, value in one.items()}
    return metrics | {"stage_seconds": {name: files.seconds(name) for name in done}}


def _start(config: config_lib.RunConfig, workdir: workdir_lib.Workdir, start: Callable[[], None]) -> context_lib.Run:
    """Create what the stages share, after the checks of the settings that need TensorFlow."""
    start()
    from niwt_tf.pipeline import context as context_lib  # starts TensorFlow
    from niwt_tf.pipeline import stages  # starts TensorFlow
    from niwt_tf.util import devices  # starts TensorFlow

    progress.print_line(f"  {devices.configure(config)}")
    context = context_lib.Run(config, workdir)
    stages.check(context)
    return context


def _require_inputs(to_do: Sequence[str], current: Sequence[str]) -> None:
    """Check that all that the stages to do read is done, or will be."""
    needed = set(to_do)
    for name in reversed(stage_table.STAGES):
        if name in needed:
            needed |= {read for read in stage_table.STAGES[name].reads if read not in current}
    missing = [name for name in stage_table.STAGES if name in needed and name not in to_do]
    if missing:
        complete = tuple(name for name in stage_table.STAGES if name in needed)
        raise errors.UserError(
            f"`{errors.setting('stages')}` must include what a stage needs, unless it is done. Received: "
            f"{errors.setting('stages', tuple(to_do))}, without {', '.join(missing)}. Run "
            f"{errors.setting('stages', complete)}, or leave {errors.setting('stages')} out to run all."
        )


def _run_stage(name: str, context: context_lib.Run, record: workdir_lib.Record) -> None:
    from niwt_tf.pipeline import stages  # starts TensorFlow

    begun = time.monotonic()
    with context.workdir.writing(name, record) as folder:
        stages.FUNCTIONS[name](context, folder)
        json_files.write(folder / run_files.SECONDS, round(time.monotonic() - begun, 2))
