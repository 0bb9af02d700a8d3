# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The programs, called as the shell does but within the test's own process, where TensorFlow is loaded already."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from absl import flags

from niwt_tf.cli import flags as run_flags
from niwt_tf.cli import launch, niwt, niwt_explain, niwt_export, niwt_teach, teach_flags

Call = Callable[..., None]
_PROGRAMS = {
    "niwt": (run_flags.define, niwt.main),
    "niwt_explain": (niwt_explain.define, niwt_explain.main),
    "niwt_teach": (teach_flags.define, niwt_teach.main),
    "niwt_export": (niwt_export.define, niwt_export.main),
}


def caller(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Returns a function of a program's name and its arguments, which raises what the program would tell."""

    def call(name: str, *arguments: object) -> None:
        define, main = _PROGRAMS[name]
        values = flags.FlagValues()
        define(values, name)
        with monkeypatch.context() as patch:
            patch.setattr(flags, "FLAGS", values)
            main(values([name, *map(str, arguments)]))

    return call


def finish(name: str, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Returns what a program answers that was started in `cwd`: its exit status and output."""
    define, main = _PROGRAMS[name]
    values, before = flags.FlagValues(), Path.cwd()
    define(values, name)
    flags.DEFINE_boolean("wait", True, "", flag_values=values)
    output, errors = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flags, "FLAGS", values)
        os.chdir(cwd)
        try:
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
                status = launch._status(main, values([name, *map(str, arguments)]), takes_arguments=True, resumes=False)
        finally:
            os.chdir(before)
    return subprocess.CompletedProcess([], status, output.getvalue(), errors.getvalue())
