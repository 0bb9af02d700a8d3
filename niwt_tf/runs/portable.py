# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Leave out of settings and records where files lie on this machine, before a model goes to others.

The name of a file or folder stays, and says which one is meant; the folders above it concern nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf.util import paths

_DEFAULTS = {"prepared_dir": ""}  # a folder that would be written to
_READ_AGAIN = ("hub:", "word2vec:")  # what a bundle does not hold, and reads from its place


def settings(record: Mapping[str, Any], is_read_again: bool = False) -> dict[str, Any]:
    """Reduce each absolute path among settings to its last name.

    Args:
      record: Settings by name, see `workdir.record`.
      is_read_again: True to keep the paths of networks and encoders that a bundle reads from their place, with the home
        folder of the user as `~`.
    """

    def reduce(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return paths.with_home(value) if is_read_again and value.startswith(_READ_AGAIN) else paths.last_name(value)

    return {name: reduce(value) for name, value in record.items()} | _DEFAULTS


def config(whole: config_lib.RunConfig) -> config_lib.RunConfig:
    """Reduce each absolute path among the settings of a run to its last name."""
    values = {name: value for name, (value, _) in config_lib.options(whole).items()}
    return config_lib.from_record(settings(values))


def metrics(record: Mapping[str, Any]) -> dict[str, Any]:
    """Reduce each absolute path in the texts of `metrics.json` to its last name."""
    return {name: paths.last_names(value) if isinstance(value, str) else value for name, value in record.items()}
