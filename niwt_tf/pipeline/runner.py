# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Run the stages in order; a stage whose artefact was made by the same settings is skipped.

TensorFlow is not imported before a stage has to run, so a finished run answers at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
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


def _pending(records: _Records, workdir: workdir_lib.Workdir, stages: Sequence[str] = ()) -> list[str]:
    """List which of `stages`, all by default, are still to do, in order."""
    for name in stages:
        if name not in stage_table.STAGES:
            raise errors.unknown_value("stages", name, stage_table.STAGES)
    selected = [name for name in stage_table.STAGES if name in stages or not stages]
    return [name for name in selected if not _is_current(name, workdir, records)]


def _is_current(name: str, workdir: workdir_lib.Workdir, records: _Records) -> bool:
    return workdir.is_current(name, records[name].fingerprint)


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
    records = stage_table.records(config)
    to_do = _pending(records, workdir, stages)
    workdir.require_same(config, records, overwrite)
    _require_inputs(to_do, workdir, records)
    if not to_do:
        _print_done(records, workdir, records)
        return _write_metrics(workdir, records)
    workdir.require_writable()
    context = _start(config, workdir, start)
    with workdir.lock():
        workdir.require_same(config, records, overwrite)
        workdir.withdraw(records)
        workdir.claim(config)
        for name in stage_table.STAGES:
            if _is_current(name, workdir, records):
                _print_done([name], workdir, records)
            elif name in to_do:
                progress.print_line(f"{_numbered(name)}: {stage_table.STAGES[name].title}")
                _run_stage(name, context, records[name])
        return _write_metrics(workdir, records)


def _numbered(name: str) -> str:
    names = list(stage_table.STAGES)
    return f"[{names.index(name) + 1}/{len(names)}] {name}"


def _print_done(names: Iterable[str], workdir: workdir_lib.Workdir, records: _Records) -> None:
    """Print which of the stages were done before, and with which other packages."""
    for name in names:
        there = workdir.record(name)
        if there is not None and _is_current(name, workdir, records):
            changes = there.package_changes(records[name])
            progress.print_line(
                f"{_numbered(name)}: done before{f', with {errors.listed(changes)}' if changes else ''}"
            )


def _write_metrics(workdir: workdir_lib.Workdir, records: _Records) -> dict[str, Any] | None:
    """Write and return what the finished stages have measured; None until the classifier is evaluated."""
    metrics, path = _metrics(workdir, records), workdir.root / workdir_lib.METRICS
    if metrics is None or json_files.read(path) == metrics:
        return metrics
    with workdir.lock():
        metrics = _metrics(workdir, records)  # again: another process may have written, with other settings
        if metrics is not None:
            json_files.write(path, metrics)
    return metrics


def _metrics(workdir: workdir_lib.Workdir, records: _Records) -> dict[str, Any] | None:
    """Collect what the finished stages have measured; None until the classifier is evaluated."""
    done = [name for name in stage_table.STAGES if _is_current(name, workdir, records)]
    if "evaluate" not in done:
        return None
    metrics: dict[str, Any] = {}
    files = run_files.RunFiles(workdir.root)
    for name in _MEASURING:
        metrics |= files.metrics_of(name) if name in done else {}
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


def _require_inputs(to_do: Sequence[str], workdir: workdir_lib.Workdir, records: _Records) -> None:
    """Check that all that the stages to do read is done, or will be."""
    for name in to_do:
        reads = [read for read in stage_table.STAGES[name].reads if read not in to_do]
        missing = [read for read in reads if not _is_current(read, workdir, records)]
        if missing:
            raise errors.UserError(
                f"`{errors.setting('stages')}` must include what a stage needs, unless it is done. Received: "
                f"{errors.setting('stages')} with {name}, which needs {', '.join(missing)}. Run "
                f"{errors.setting('stages', tuple([*missing, *to_do]))}, or leave {errors.setting('stages')} out to "
                "run all."
            )


def _run_stage(name: str, context: context_lib.Run, record: workdir_lib.Record) -> None:
    from niwt_tf.pipeline import stages  # starts TensorFlow

    begun = time.monotonic()
    with context.workdir.writing(name, record) as folder:
        stages.FUNCTIONS[name](context, folder)
        json_files.write(folder / run_files.SECONDS, round(time.monotonic() - begun, 2))
