# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The command that makes a run: `niwt` with the flags that differ from the defaults."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf.util import clean, paths


def command(config: config_lib.RunConfig, workdir: Path | None = None, stages: Sequence[str] = ()) -> str:
    """Build the command as a line for the shell, in which the home folder of the user is `~`.

    Args:
      config: Settings of the run.
      workdir: Folder of the run; None leaves it to `niwt`.
      stages: Names of the stages to run; all by default.
    """
    return from_record({name: value for name, (value, _) in config_lib.options(config).items()}, workdir, stages)


def from_record(record: Mapping[str, Any], workdir: Path | None, stages: Sequence[str] = ()) -> str:
    """Build the same line from settings by name, as `config.json` of a workdir holds them."""
    default = config_lib.options(config_lib.RunConfig())
    values = {name: tuple(record[name]) if isinstance(record[name], list) else record[name] for name in record}
    changed = {name: value for name, value in values.items() if name in default and value != default[name][0]}
    flags = [_flag(name, value) for name, value in changed.items()]
    flags += [_flag("workdir", str(workdir))] if workdir else []
    if stages:
        flags.append(_flag("stages", tuple(stages)))
    return clean.shell(["niwt", *map(paths.with_home, flags)])


def _flag(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no{name}"
    return f"--{name}={_listed(value) if isinstance(value, tuple) else value}"


def _listed(values: Sequence[Any]) -> str:
    """Format values as a list flag reads them: a line of comma-separated values."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue()
