# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A user's settings by name, as the dataclasses of `config`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.util import arguments


def run(names: Mapping[str, str] | None = None, /, **parts: dict[str, Any]) -> config_lib.RunConfig:
    """Returns the settings of a run; what is not given is the default.

    Args:
      names: Argument of the caller's for each setting that it takes by another name.
      **parts: the name of a field of `config.RunConfig`, such as `data` -> settings of that part by name.

    Raises:
      errors.UserError: if there is no such setting, or it may not have that value.
    """
    default = config_lib.RunConfig()
    with arguments.named(**(names or {})):
        return config_lib.RunConfig(**{name: _part(getattr(default, name), values) for name, values in parts.items()})


def read(part: str, names: Mapping[str, str] | None = None, /, **values: Any) -> Any:
    """Returns a part of the settings of a run, such as `data`, as a dataclass; what is not given is the default.

    Args:
      part: the name of a field of `config.RunConfig`.
      names: Argument of the caller's for each setting that it takes by another name.
      **values: settings of that part.

    Raises:
      errors.UserError: if there is no such setting, or it may not have that value.
    """
    return getattr(run(names, **{part: values}), part)


def refuse(values: Iterable[str], **taken: str) -> None:
    """Raise an error if a setting is given that a function decides itself.

    Args:
      values: Names of the settings that are given.
      **taken: Remedy for each setting that may not be among them, a sentence.

    Raises:
      errors.UserError: if there is one.
    """
    for name in values:
        if name in taken:
            raise errors.UserError(f"`{name}` must be left out here. Received: {name}. {taken[name]}")


def _part(default: Any, values: dict[str, Any]) -> Any:
    names = [field.name for field in dataclasses.fields(default)]
    for name in values:
        if name not in names:
            raise errors.unknown_value("setting", name, names)
    return dataclasses.replace(default, **values)
