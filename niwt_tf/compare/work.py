# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Job of a process of a comparison: a run up to its scores, then the baselines on it."""

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
from niwt_tf.compare import published, sharing
from niwt_tf.runs import stage_table
from niwt_tf.util import json_files

STAGES = tuple(stage_table.STAGES)[: tuple(stage_table.STAGES).index("evaluate") + 1]  # up to the scores
WHOLE = "run"  # what is no fault of one baseline
_JOB, _FAILURES, _LOG = "job.json", "failures.json", "log.txt"


@dataclasses.dataclass(frozen=True)
class Job:
    """Job to do in a folder.

    Attributes:
      root: Folder of the job.
      methods: Names of baselines.
      settings: Settings of the run, as a workdir's `config.json` holds them; or those of `published.measure`.
      sources: Folders of runs that may share stages with this run.
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


def read(path: Path) -> Job:
    """Read a job from a file."""
    record = json_files.read(path)
    sources = tuple(map(Path, record["sources"]))
    return Job(**record | {"root": Path(record["root"]), "methods": tuple(record["methods"]), "sources": sources})


def do(job: Job, start: Callable[[], None]) -> dict[str, str]:
    """Execute a job, and return baseline -> error.

    Args:
      job: Job to do.
      start: Function to call before TensorFlow is imported.

    Raises:
      Exception: Any error of the run, or of published features; it is recorded in the folder, too.
    """
    try:
        failures = _measure(job, start)
    except Exception as error:
        json_files.write(job.root / _FAILURES, {WHOLE: told(error)})
        raise
    if failures:
        json_files.write(job.root / _FAILURES, failures)
    return failures


def log(root: Path) -> Path:
    """Return the path of the log of the process that works in `root`."""
    return root / _LOG


def failures(root: Path, code: int) -> dict[str, str]:
    """Read the errors in a folder, by the baseline's name or `WHOLE`, after its process ended with status `code`."""
    return json_files.read(root / _FAILURES) or {WHOLE: _ended(root, code)}


def told(error: Exception) -> str:
    """Describe an error by its first line, and by its type if it is not a user's mistake."""
    line = errors.first_line(error)
    return line if isinstance(error, errors.UserError) else f"{type(error).__name__}: {line}"


def _measure(job: Job, start: Callable[[], None]) -> dict[str, str]:
    if published.FEATURES in job.settings:
        start()
        published.measure(job.root, job.methods, job.settings)
        return {}
    config, folder = config_lib.from_record(job.settings), workdir_lib.Workdir(job.root)
    if job.sources:
        prints = stage_table.fingerprints(config)
        sharing.link(sharing.nearest(job.sources, job.root, prints, STAGES), job.root, prints, STAGES)
    pipeline.run(config, folder, STAGES, job.overwrite, start)
    if None in baselines.found(job.root, job.methods).values():
        start()
    return _compare(job.root, job.methods)


def _compare(root: Path, methods: Sequence[str]) -> dict[str, str]:
    """Measure baselines all at once; if that fails, one by one, so that only those that fail are lost."""
    try:
        baselines.compare(root, methods)
        return {}
    except Exception as error:
        if len(methods) == 1:
            traceback.print_exc()
            return {methods[0]: told(error)}
        return {name: line for method in methods for name, line in _compare(root, [method]).items()}


def _ended(root: Path, code: int) -> str:
    """Describe how a process ended that recorded no error."""
    if code < 0:
        return f"the process was ended by signal {-code}{', perhaps as memory ran out' if code == -9 else ''}"
    lines = log(root).read_text("utf-8", "replace").split("\n") if log(root).exists() else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return last or f"the process ended with status {code}"
