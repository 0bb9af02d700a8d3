# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the errors for flags that absl refuses."""

from __future__ import annotations

import pytest
from absl import flags

from niwt_tf.cli import flag_errors

_REMEDY = "Use --help to list the main flags, --helpfull to list all."
_FORM = "Flags must be written as --name=value, or --name alone if the value is true or false. Received: "


def _values() -> flags.FlagValues:
    values = flags.FlagValues()
    flags.DEFINE_integer("seed", 0, "Seed.", flag_values=values)
    flags.DEFINE_float("dropout", 0.0, "Dropout.", flag_values=values)
    flags.DEFINE_boolean("overwrite", False, "Overwrite.", flag_values=values)
    return values


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--sede=1", f"Flags must exist. Received: --sede, which does not. Did you mean --seed? {_REMEDY}"),
        ("--nonsense", f"Flags must exist. Received: --nonsense, which does not. {_REMEDY}"),
        (f"--{'x' * 900}", f"Flags must exist. Received: --{'x' * 98}...{'x' * 99}, which does not. {_REMEDY}"),
        ("--seed=one", "`--seed` must be a whole number. Received: --seed=one."),
        (f"--seed={'x' * 9_000}", f"`--seed` must be a whole number. Received: --seed={'x' * 98}...{'x' * 99}."),
        ("--seed=1.5", "`--seed` must be a whole number. Received: --seed=1.5."),
        ("--dropout=half", "`--dropout` must be a number. Received: --dropout=half."),
        ("--overwrite=maybe", "`--overwrite` must be true or false. Received: --overwrite=maybe."),
        ("--seed", f"{_FORM}Missing value for flag --seed. {_REMEDY}"),
        ("--nooverwrite=3", f"{_FORM}--nooverwrite=3 does not take an argument. {_REMEDY}"),
        (
            "--flagfile=none.flags",
            "`--flagfile` must be a file that can be read. Received: [Errno 2] No such file or directory: "
            "'none.flags'. Name another file.",
        ),
    ],
)
def test_an_error_has_rule_value_and_remedy(argument: str, message: str) -> None:
    values = _values()
    with pytest.raises((flags.Error, ValueError)) as raised:
        values(["program", argument])
    assert str(flag_errors.explain(raised.value, values)) == message
