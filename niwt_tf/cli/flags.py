# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Flags of a run: one for each setting of `config.RunConfig`, the workdir and the stages to run."""

from __future__ import annotations

import dataclasses
from typing import Any

from absl import flags

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.cli import flag_errors

_MOST_USED = (
    "dataset",
    "data_dir",
    "unseen",
    "domain",
    "backbone",
    "layer",
    "seed",
    "aviary_seed",
)
_GROUPS = {
    "data": "Images",
    "domain": "Domain knowledge",
    "backbone": "Backbone",
    "map": "Domain map",
    "transfer": "Weight transfer",
    "validation": "Validation candidates",
}


def define(values: flags.FlagValues, program: str) -> None:
    """Define the flags; `--help` shows only those used most.

    Args:
      values: Flag values to which the flags are added.
      program: Name by which absl knows the main program: `sys.argv[0]`.
    """
    define_settings(values, program)
    here = {"module_name": f"{program}: Run", "flag_values": values}
    flags.DEFINE_string("workdir", None, "Folder of the run; by default runs/<dataset>-<domain>.", **here)
    text = "Stages to run, separated by commas, such as data,knowledge; by default all."
    flags.DEFINE_list("stages", [], text, **here)
    text = "Replace stages in --workdir that were made with other settings."
    flags.DEFINE_boolean("overwrite", False, text, **here)
    text = "Only list the layers of --backbone, for --layer."
    flags.DEFINE_boolean("list_layers", False, text, **here)
    for name in ("list_layers", "workdir", "stages", "overwrite"):
        values.register_key_flag_for_module(program, values[name])


def define_settings(values: flags.FlagValues, program: str) -> None:
    """Define only the flags of the settings; arguments as for `define`."""
    default = config_lib.RunConfig()
    for section in dataclasses.fields(default):
        value = getattr(default, section.name)
        group = f"{program}: {_GROUPS.get(section.name, 'Run')}"
        for name, (setting, field) in config_lib.options(value).items() if _is_section(value) else ():
            _define(values, group, name, setting, field)
        if not _is_section(value):
            _define(values, group, section.name, value, section)
    for name in _MOST_USED:
        values.register_key_flag_for_module(program, values[name])


def config(values: flags.FlagValues) -> config_lib.RunConfig:
    """Read the settings of a run from the flags.

    Raises:
      errors.UserError: If a setting is not valid.
    """
    default = config_lib.RunConfig()
    changes: dict[str, Any] = {}
    for section in dataclasses.fields(default):
        value = getattr(default, section.name)
        if _is_section(value):
            names = config_lib.options(value)
            changes[section.name] = dataclasses.replace(value, **{name: _value(values, name, names) for name in names})
        else:
            changes[section.name] = values[section.name].value
    return config_lib.RunConfig(**changes)


def setting(name: str, text: str) -> Any:
    """Parse a text as the flag of a setting does, and return the setting's value.

    Raises:
      errors.UserError: If `text` is not a value of the flag's type.
    """
    values = flags.FlagValues()
    define_settings(values, "niwt")
    try:
        values[name].parse(text)
    except flags.IllegalFlagValueError as error:
        raise flag_errors.explain(error, values) from None
    return _value(values, name, config_lib.options(config_lib.RunConfig()))


def _is_section(value: Any) -> bool:
    return dataclasses.is_dataclass(value)


def _define(values: flags.FlagValues, group: str, name: str, default: Any, field: dataclasses.Field[Any]) -> None:
    """Define a flag by the kind of its field or default; `config.RunConfig` checks the choices and limits."""
    kinds = {
        bool: flags.DEFINE_boolean,
        int: flags.DEFINE_integer,
        float: flags.DEFINE_float,
        str: flags.DEFINE_string,
        tuple: flags.DEFINE_list,
    }
    value = [str(item) for item in default] if isinstance(default, tuple) else default
    text = field.metadata["help"] + _choices(field)
    kinds[field.metadata.get("kind", type(default))](name, value, text, module_name=group, flag_values=values)


def _choices(field: dataclasses.Field[Any]) -> str:
    several = len(field.metadata.get("choices", ())) > 1
    return f" One of: {config_lib.alternatives(field)}." if several else ""


def _value(values: flags.FlagValues, name: str, options: dict[str, tuple[Any, Any]]) -> Any:
    """Convert a flag's value for its setting: a list becomes a tuple, of numbers if the default holds numbers."""
    value, default = values[name].value, options[name][0]
    if not isinstance(default, tuple):
        return value
    kind = type(default[0]) if default else str
    try:
        return tuple(kind(item) for item in value)
    except ValueError:
        raise errors.UserError(
            f"`--{name}` must be numbers, separated by commas. Received: --{name}={errors.clipped(','.join(value))}."
        ) from None
