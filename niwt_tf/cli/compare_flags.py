# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Flags of `niwt_compare`: the settings of `niwt` that all runs share, and the axes of the comparison."""

from __future__ import annotations

import re
from collections.abc import Sequence

from absl import flags

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.baselines import registry
from niwt_tf.baselines import run as baselines
from niwt_tf.cli import flags as flags_lib
from niwt_tf.compare import comparison
from niwt_tf.compare import grid as grid_lib
from niwt_tf.util import clean, paths


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
    text = f"Methods to compare, separated by commas: some of {names}; by default all that support the domain."
    flags.DEFINE_list("methods", [], text, **here)
    text = "Values of --domain to compare, separated by commas, such as attributes,captions."
    flags.DEFINE_list("domains", [], text, **here)
    text = "Seeds and ranges of seeds, such as 0-9,12: values of --aviary_seed with --dataset=aviary, else of --seed."
    flags.DEFINE_list("seeds", [], text, **here)
    text = "With --dataset=folder: numbers of random choices of unseen classes, such as 300-319."
    flags.DEFINE_list("choices", [], text, **here)
    flags.DEFINE_integer("unseen_count", 5, "Number of unseen classes in each of --choices.", **here)
    text = (
        "Flag to vary, with its values: layer=conv3,conv4. Separate the values of a flag that takes lists by "
        "semicolons: lambdas=0.0001;0.001"
    )
    flags.DEFINE_multi_string("vary", [], text, **here)
    text = "Published features and split of Xian et al., in place of runs: xlsa17:DIR. Only baselines can use them."
    flags.DEFINE_string("features", "", text, **here)
    flags.DEFINE_string("out", None, "Folder of the comparison; by default runs/compare-<dataset>.", **here)
    text = "Largest number of processes at a time; by default as many as cores and free memory allow."
    flags.DEFINE_integer("workers", 0, text, **here)
    text = (
        "Threads of each process; by default the number of cores divided by --workers, or 1 if --workers is not given "
        "and there are as many runs as cores. Scores depend on it slightly."
    )
    flags.DEFINE_integer("threads_per_process", 0, text, **here)
    flags.DEFINE_boolean("overwrite", False, "Replace stages in --out that were made with other settings.", **here)
    text = (
        "Folders of other comparisons or of runs, separated by commas. Stages that were finished there with the same "
        "settings are linked instead of computed again."
    )
    flags.DEFINE_list("reuse", [], text, **here)
    text = "Ignored; accepted so that presets of niwt can be used. See --out."
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
            "`--reuse` must be used without --features, which have no stages. Received: "
            f"{errors.setting('reuse', ','.join(values.reuse))} with "
            f"{errors.setting('features', values.features)}. Leave one of them out."
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
        out=paths.expanded(values.out or _default_out(base, values.features)),
        command=clean.shell(["niwt_compare", *map(paths.with_home, arguments)]),
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
        raise errors.UserError(
            "`--vary` must be a flag's name and its values, FLAG=VALUE,VALUE. Received: "
            f"{errors.setting('vary', text)}."
        )
    return grid_lib.Factor(name, texts, tuple(flags_lib.setting(name, part) for part in texts))


def _names(listed: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in listed if name.strip()))


def _default_out(base: config_lib.RunConfig, features: str) -> str:
    return f"runs/compare-{'features' if features else base.data.dataset}"
