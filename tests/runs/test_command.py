# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the command that makes a run: what it says, and that the flags read it back."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path

import hypothesis
import pytest
from absl import flags
from hypothesis import strategies as st

from niwt_tf import config as config_lib
from niwt_tf import workdir
from niwt_tf.cli import flags as flags_lib
from niwt_tf.runs import command
from niwt_tf.util import json_files

_DEFAULT = config_lib.RunConfig()


def _read(line: str) -> tuple[config_lib.RunConfig, flags.FlagValues]:
    values = flags.FlagValues()
    flags_lib.define(values, "niwt")
    values(shlex.split(line))
    return flags_lib.config(values), values


def test_of_defaults_the_folder_alone_is_said() -> None:
    assert command.command(_DEFAULT, Path("runs/a")) == "niwt --workdir=runs/a"


def test_what_differs_is_said_and_quoted_for_the_shell() -> None:
    config = config_lib.RunConfig(
        data=config_lib.DataConfig(dataset="folder", data_dir="my birds", unseen=("a", 'b, "c"')),
        backbone=config_lib.BackboneConfig(learning_rate=1e-5),
        validation=config_lib.ValidationConfig(lambdas=(0.5,)),
        deterministic=True,
    )
    assert command.command(config, Path("runs/$x"), ("explain", "report")) == (
        'niwt --dataset=folder \'--data_dir=my birds\' \'--unseen=a,"b, ""c"""\' --learning_rate=1e-05 --lambdas=0.5 '
        "--deterministic '--workdir=runs/$x' --stages=explain,report"
    )


@pytest.mark.parametrize("stages", [(), ("explain",), ("inverse_map", "explain", "report")])
def test_stages_and_folder_come_back(stages: tuple[str, ...]) -> None:
    _, values = _read(command.command(_DEFAULT, Path("a b"), stages))
    assert (values.workdir, tuple(values.stages)) == ("a b", stages)


_NAMES = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")), min_size=1).map(str.strip)


@hypothesis.given(
    unseen=st.lists(_NAMES.filter(bool), max_size=3),
    folder=_NAMES.filter(bool),
    lambdas=st.lists(st.floats(0, 1e3), min_size=1, max_size=3),
    seed=st.integers(0, 2**31 - 1),
)
def test_any_settings_come_back(unseen: list[str], folder: str, lambdas: list[float], seed: int) -> None:
    config = dataclasses.replace(
        _DEFAULT,
        data=config_lib.DataConfig(dataset="folder", data_dir=folder, unseen=tuple(unseen)),
        validation=config_lib.ValidationConfig(lambdas=tuple(lambdas)),
        seed=seed,
    )
    read, _ = _read(command.command(config, Path("x")))
    assert read == config


def test_a_workdirs_record_gives_the_same_command(tmp_path: Path) -> None:
    config = config_lib.RunConfig(validation=config_lib.ValidationConfig(lambdas=(0.5,)), seed=3)
    workdir.Workdir(tmp_path).claim(config)
    record = json_files.read(tmp_path / "config.json")
    assert command.from_record(record | {"gone": 1}, tmp_path) == command.command(config, tmp_path)
