# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read a user's settings by name into the dataclasses of `config`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.util import arguments


def run(names: Mapping[str, str] | None = None, /, **parts: dict[str, Any]) -> config_lib.RunConfig:
    """Build the settings of a run; settings that are left out have their defaults.

    Args:
      names: Caller's argument for each setting that it takes under another name, for error messages.
      **parts: Settings by name for each part. A part is a field of `config.RunConfig`, such as `data`.

    Raises:
      errors.UserError: If there is no such setting, or a value is invalid.
    """
    default = config_lib.RunConfig()
    with arguments.named(**(names or {})):
        return config_lib.RunConfig(**{name: _part(getattr(default, name), values) for name, values in parts.items()})


def read(part: str, names: Mapping[str, str] | None = None, /, **values: Any) -> Any:
    """Build one part of the settings of a run, as a dataclass; settings that are left out have their defaults.

    Args:
      part: Name of a field of `config.RunConfig`, such as `data`.
      names: Caller's argument for each setting that it takes under another name, for error messages.
      **values: Settings of the part, by name.

    Raises:
      errors.UserError: If there is no such setting, or a value is invalid.
    """
    return getattr(run(names, **{part: values}), part)


def refuse(values: Iterable[str], **taken: str) -> None:
    """Refuse settings that the calling function decides itself.

    Args:
      values: Names of the settings that the caller passed.
      **taken: Remedy for each setting that is refused, a sentence.

    Raises:
      errors.UserError: If a refused setting is among `values`.
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
