# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A user's settings by name, as the dataclasses of `config`."""

from __future__ import annotations

import dataclasses
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import errors


def read(part: str, **values: Any) -> Any:
    """Returns a part of the settings of a run, such as `data`, as a dataclass; what is not given is the default.

    Args:
      part: the name of a field of `config.RunConfig`.
      **values: settings of that part.

    Raises:
      errors.UserError: if there is no such setting, or it may not have that value.
    """
    default = getattr(config_lib.RunConfig(), part)
    names = [field.name for field in dataclasses.fields(default)]
    for name, value in values.items():
        if name not in names:
            raise errors.unknown_value("setting", name, names)
        if isinstance(value, list):
            values[name] = tuple(value)
    run: dict[str, Any] = {part: dataclasses.replace(default, **values)}
    return getattr(config_lib.RunConfig(**run), part)  # which checks the values
