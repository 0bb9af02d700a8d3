# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A user's settings by name, as the dataclasses of `config`."""

from __future__ import annotations

import dataclasses
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import errors


def run(**parts: dict[str, Any]) -> config_lib.RunConfig:
    """Returns the settings of a run; what is not given is the default.

    Args:
      **parts: the name of a field of `config.RunConfig`, such as `data` -> settings of that part by name.

    Raises:
      errors.UserError: if there is no such setting, or it may not have that value.
    """
    default = config_lib.RunConfig()
    return config_lib.RunConfig(**{name: _part(getattr(default, name), values) for name, values in parts.items()})


def read(part: str, **values: Any) -> Any:
    """Returns a part of the settings of a run, such as `data`, as a dataclass; what is not given is the default.

    Args:
      part: the name of a field of `config.RunConfig`.
      **values: settings of that part.

    Raises:
      errors.UserError: if there is no such setting, or it may not have that value.
    """
    return getattr(run(**{part: values}), part)


def _part(default: Any, values: dict[str, Any]) -> Any:
    names = [field.name for field in dataclasses.fields(default)]
    for name in values:
        if name not in names:
            raise errors.unknown_value("setting", name, names)
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return dataclasses.replace(default, **given)
