# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The programs, called as the shell does but within the test's own process, where TensorFlow is loaded already."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from absl import flags

from niwt_tf.cli import flags as run_flags
from niwt_tf.cli import niwt, niwt_explain, niwt_export, niwt_teach, teach_flags

_PROGRAMS = {
    "niwt": (run_flags.define, niwt.main),
    "niwt_explain": (niwt_explain.define, niwt_explain.main),
    "niwt_teach": (teach_flags.define, niwt_teach.main),
    "niwt_export": (niwt_export.define, niwt_export.main),
}
Call = Callable[..., None]


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
