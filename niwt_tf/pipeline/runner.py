# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Run the stages in order; a stage whose artefact was made by the same settings is skipped.

TensorFlow is not imported before a stage has to run, so a finished run answers at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf import workdir as workdir_lib
from niwt_tf.runs import run_files, stage_table
from niwt_tf.util import arguments, json_files, progress

if TYPE_CHECKING:
    from niwt_tf.pipeline import context as context_lib

_MEASURING = ("evaluate", "explain")  # the stages that write metrics.json


def _pending(prints: dict[str, str], workdir: workdir_lib.Workdir, stages: Sequence[str] = ()) -> list[str]:
    """List which of `stages`, all by default, are still to do, in order."""
    for name in stages:
        if name not in stage_table.STAGES:
            raise errors.unknown_value("stages", name, stage_table.STAGES)
    selected = [name for name in stage_table.STAGES if name in stages or not stages]
    return [name for name in selected if not workdir.is_current(name, prints[name])]


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
    prints = stage_table.fingerprints(config)
    to_do = _pending(prints, workdir, stages)
    workdir.require_same(config, overwrite)
    if to_do:
        workdir.require_writable()
    context = _start(config, workdir, start) if to_do else None
    workdir.claim(config)
    for number, (name, stage) in enumerate(stage_table.STAGES.items(), 1):
        if context and name in to_do:
            progress.print_line(f"[{number}/{len(stage_table.STAGES)}] {name}: {stage.title}")
            _require_parents(name, workdir, prints)
            _run_stage(name, context, prints[name])
            _write_metrics(workdir, prints)
        elif workdir.is_current(name, prints[name]):
            progress.print_line(f"[{number}/{len(stage_table.STAGES)}] {name}: done before")
    return _write_metrics(workdir, prints)


def _write_metrics(workdir: workdir_lib.Workdir, prints: dict[str, str]) -> dict[str, Any] | None:
    """Write and return what the finished stages have measured; None until the classifier is evaluated."""
    done = [name for name in stage_table.STAGES if workdir.is_current(name, prints[name])]
    if "evaluate" not in done:
        return None
    metrics: dict[str, Any] = {}
    files = run_files.RunFiles(workdir.root)
    for name in _MEASURING:
        metrics |= files.metrics_of(name) if name in done else {}
    metrics["stage_seconds"] = {name: files.seconds(name) for name in done}
    json_files.write(workdir.root / run_files.METRICS, metrics)
    return metrics


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


def _require_parents(name: str, workdir: workdir_lib.Workdir, prints: dict[str, str]) -> None:
    missing = [parent for parent in stage_table.STAGES[name].parents if not workdir.is_current(parent, prints[parent])]
    if missing:
        raise errors.UserError(
            f"`{errors.setting('stages')}` must include what a stage needs, unless it is done. Received: "
            f"{errors.setting('stages')} with {name}, which needs {', '.join(missing)}. Run "
            f"{errors.setting('stages', tuple([*missing, name]))}, or leave {errors.setting('stages')} out to run all."
        )


def _run_stage(name: str, context: context_lib.Run, fingerprint: str) -> None:
    from niwt_tf.pipeline import stages  # starts TensorFlow

    begun = time.monotonic()
    with context.workdir.writing(name, fingerprint) as folder:
        stages.FUNCTIONS[name](context, folder)
        json_files.write(folder / run_files.SECONDS, round(time.monotonic() - begun, 2))
