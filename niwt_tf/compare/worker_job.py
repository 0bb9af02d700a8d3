# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Job of one process of a comparison: a run up to its scores, then the baselines on it."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import errors, pipeline
from niwt_tf import workdir as workdir_lib
from niwt_tf.baselines import run as baselines
from niwt_tf.compare import published_features, stage_reuse
from niwt_tf.runs import stage_table
from niwt_tf.util import json_files

STAGES = tuple(stage_table.STAGES)[: tuple(stage_table.STAGES).index("evaluate") + 1]  # up to the scores
WHOLE = "run"  # key of an error that is not one baseline's
_JOB, _FAILURES, _LOG = "job.json", "failures.json", "log.txt"


@dataclasses.dataclass(frozen=True)
class JobSpec:
    """Specification of a job in a folder.

    Attributes:
      root: Folder of the job.
      methods: Names of baselines.
      settings: Settings of the run, as a workdir's `config.json` holds them; or those of `published_features.measure`.
      sources: Folders of runs whose stages may be reused.
      overwrite: True to allow remaking stages that other settings made.
    """

    root: Path
    methods: tuple[str, ...]
    settings: dict[str, Any]
    sources: tuple[Path, ...] = ()
    overwrite: bool = False

    def write(self) -> Path:
        """Write the job into its folder, for `read`, and delete the record of earlier failures."""
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / _FAILURES).unlink(missing_ok=True)
        record = dataclasses.asdict(self) | {"root": str(self.root), "sources": [str(path) for path in self.sources]}
        json_files.write(self.root / _JOB, record)
        return self.root / _JOB


def read(path: Path) -> JobSpec:
    """Read a job from a file."""
    record = json_files.read(path)
    sources = tuple(map(Path, record["sources"]))
    return JobSpec(**record | {"root": Path(record["root"]), "methods": tuple(record["methods"]), "sources": sources})


def execute(job: JobSpec, start_tensorflow: Callable[[], None]) -> dict[str, str]:
    """Execute a job, and return the errors of baselines by name.

    Args:
      job: Specification of the job.
      start_tensorflow: Function to call before TensorFlow is imported.

    Raises:
      Exception: Any error of the run, or of published features; it is recorded in the folder, too.
    """
    try:
        failures = _measure(job, start_tensorflow)
    except Exception as error:
        json_files.write(job.root / _FAILURES, {WHOLE: describe(error)})
        raise
    if failures:
        json_files.write(job.root / _FAILURES, failures)
    return failures


def log(root: Path) -> Path:
    """Return the path of the log of the process that works in `root`."""
    return root / _LOG


def failures(root: Path, code: int) -> dict[str, str]:
    """Read the errors of a job by baseline or `WHOLE`, after its process ended with status `code`."""
    return json_files.read(root / _FAILURES) or {WHOLE: _ended(root, code)}


def describe(error: Exception) -> str:
    """Describe an error by its first line, with settings as flags, and by its type if it is no `UserError`."""
    line = errors.UserError(errors.first_line(error)).as_flags()
    return line if isinstance(error, errors.UserError) else f"{type(error).__name__}: {line}"


def _measure(job: JobSpec, start_tensorflow: Callable[[], None]) -> dict[str, str]:
    if published_features.FEATURES in job.settings:
        start_tensorflow()
        published_features.measure(job.root, job.methods, job.settings)
        return {}
    config, folder = config_lib.from_record(job.settings), workdir_lib.Workdir(job.root)
    with folder.lock():
        if job.sources:
            fingerprints = stage_table.fingerprints(config)
            source = stage_reuse.best_source(job.sources, job.root, fingerprints, STAGES)
            stage_reuse.link_stages(source, job.root, fingerprints, STAGES)
        pipeline.run(config, folder, STAGES, job.overwrite, start_tensorflow)
        if None in baselines.read_scores(job.root, job.methods).values():
            start_tensorflow()
        return _compare(job.root, job.methods)


def _compare(root: Path, methods: Sequence[str]) -> dict[str, str]:
    """Measure all baselines together; if that fails, one by one, so that one failure does not cost the others."""
    try:
        baselines.compare(root, methods)
        return {}
    except Exception as error:
        if len(methods) == 1:
            traceback.print_exc()
            return {methods[0]: describe(error)}
        return {name: line for method in methods for name, line in _compare(root, [method]).items()}


def _ended(root: Path, code: int) -> str:
    """Describe the end of a process that recorded no error."""
    if code < 0:
        return f"the process was ended by signal {-code}{', perhaps because memory ran out' if code == -9 else ''}"
    lines = log(root).read_text("utf-8", "replace").split("\n") if log(root).exists() else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return last or f"the process ended with status {code}"
