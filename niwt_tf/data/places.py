# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Where files that others made are looked for."""

from __future__ import annotations

from pathlib import Path

from niwt_tf import config as config_lib

_TFDS_FOLDER = "~/tensorflow_datasets"


def source_folder(config: config_lib.DataConfig) -> Path:
    """Returns --data_dir, or TFDS' own folder for files that the user got by hand."""
    if config.data_dir:
        return Path(config.data_dir).expanduser()
    return prepared_folder(config) / "downloads" / "manual"


def prepared_folder(config: config_lib.DataConfig) -> Path:
    """Returns --prepared_dir, or TFDS' own folder."""
    return Path(config.prepared_dir or _TFDS_FOLDER).expanduser()
