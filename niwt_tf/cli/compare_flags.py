# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Flags of `niwt_compare`: the settings of `niwt` that all runs share, and the axes of the comparison."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.baselines import registry
from niwt_tf.baselines import run as baselines
from niwt_tf.cli import flags as flags_lib
from niwt_tf.compare import comparison
from niwt_tf.compare import grid as grid_lib


def define(values: flags.FlagValues, program: str) -> None:
    """Define the flags.

    Args:
      values: Flag values to which the flags are added.
      program: Name by which absl knows the main program: `sys.argv[0]`.
    """
    flags_lib.define_settings(values, program)
    here = {"module_name": f"{program}: Comparison", "flag_values": values}
    before = set(values)
    names = ", ".join((baselines.NIWT, *registry.METHODS))
    text = f"Some of {names}; by default all that make sense with each of the domains."
    flags.DEFINE_list("methods", [], text, **here)
    flags.DEFINE_list("domains", [], "Values of --domain, such as attributes,captions.", **here)
    text = (
        "Seeds and ranges of them, such as 0-9,12: of --aviary_seed, or for other images than the aviary's of --seed."
    )
    flags.DEFINE_list("seeds", [], text, **here)
    text = "With --dataset=folder: random choices of unseen classes, such as 300-319, each by numpy.random.default_rng."
    flags.DEFINE_list("choices", [], text, **here)
    flags.DEFINE_integer("unseen_count", 5, "How many classes a choice has.", **here)
    text = (
        "Another axis: the name of a flag and its values, such as layer=conv3,conv4. Between values of a flag that "
        "takes lists stands a semicolon: lambdas=0.0001;0.001. May be given several times."
    )
    flags.DEFINE_multi_string("vary", [], text, **here)
    text = "In place of runs: xlsa17:DIR, features and split as Xian et al. publish them; baselines alone."
    flags.DEFINE_string("features", "", text, **here)
    flags.DEFINE_string("out", None, "Where all lies; runs/compare-<dataset> by default.", **here)
    flags.DEFINE_integer("workers", 0, "Most processes at a time; as cores and free memory allow by default.", **here)
    text = (
        "Threads of each process, however many run; by default the cores by --workers, or 1 where that is not given "
        "and there are as many runs as cores. Numbers depend on it, if by little."
    )
    flags.DEFINE_integer("threads_per_process", 0, text, **here)
    flags.DEFINE_boolean("overwrite", False, "Remakes the stages that other settings made in --out.", **here)
    text = (
        "Folders of other comparisons, as --out, or of runs of niwt: stages that the same settings finished there are "
        "linked, not made again."
    )
    flags.DEFINE_list("reuse", [], text, **here)
    text = "Not used here, so that presets of niwt can be given; see --out."
    flags.DEFINE_string("workdir", None, text, **here)
    for name in set(values) - before - {"workdir"}:
        values.register_key_flag_for_module(program, values[name])


def read(values: flags.FlagValues, arguments: Sequence[str]) -> comparison.Request:
    """Read the flags into a request for a comparison.

    Args:
      values: Parsed flags.
      arguments: Arguments that the user wrote after the program's name.

    Raises:
      errors.UserError: If flags contradict one another, or a value is not valid.
    """
    base = flags_lib.config(values)
    for name in ("workers", "threads_per_process"):
        if values[name].value < 0:
            raise errors.UserError(f"`--{name}` must be at least 0. Received: --{name}={values[name].value}.")
    if values.features and values.reuse:
        raise errors.UserError(
            f"`--reuse` must be of runs, not of --features. Received: --reuse={','.join(values.reuse)} with "
            f"--features={values.features}. Leave one of them out."
        )
    grid = grid_lib.Grid(
        base=base,
        domains=_names(values.domains),
        methods=_names(values.methods),
        seeds=grid_lib.integers("seeds", values.seeds),
        choices=grid_lib.integers("choices", values.choices),
        unseen_count=values.unseen_count,
        factors=tuple(map(vary, values.vary)),
    )
    return comparison.Request(
        grid=grid,
        out=Path(values.out or _default_out(base, values.features)).expanduser(),
        command=shlex.join(["niwt_compare", *arguments]),
        features=values.features,
        workers=values.workers,
        overwrite=values.overwrite,
        reuse=_names(values.reuse),
        threads=values.threads_per_process,
    )


def vary(text: str) -> grid_lib.Factor:
    """Parse a value of `--vary`, such as `layer=conv3,conv4`, into a factor of the grid.

    Raises:
      errors.UserError: If the flag cannot be varied, or its values are missing or of a wrong type.
    """
    name, _, rest = text.partition("=")
    grid_lib.require_factor(name)
    takes_lists = isinstance(config_lib.options(config_lib.RunConfig())[name][0], tuple)
    texts = tuple(
        dict.fromkeys(part.strip() for part in re.split(";" if takes_lists else "[;,]", rest) if part.strip())
    )
    if not texts:
        raise errors.UserError(f"`--vary` must be FLAG=VALUE,VALUE. Received: --vary={text}.")
    return grid_lib.Factor(name, texts, tuple(flags_lib.setting(name, part) for part in texts))


def _names(listed: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in listed if name.strip()))


def _default_out(base: config_lib.RunConfig, features: str) -> str:
    return f"runs/compare-{'features' if features else base.data.dataset}"
