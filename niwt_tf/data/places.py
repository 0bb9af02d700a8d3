# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Where files that others made are looked for."""

from __future__ import annotations

from pathlib import Path

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.util import paths

_TFDS_FOLDER = "~/tensorflow_datasets"


def source_folder(config: config_lib.DataConfig) -> Path:
    """Returns --data_dir, or TFDS' own folder for files that the user got by hand."""
    if config.data_dir:
        return Path(config.data_dir).expanduser()
    return prepared_folder(config) / "downloads" / "manual"


def prepared_folder(config: config_lib.DataConfig) -> Path:
    """Returns --prepared_dir, or TFDS' own folder.

    Raises:
      errors.UserError: if its name is no UTF-8, which TensorFlow does not take.
    """
    folder = Path(config.prepared_dir or _TFDS_FOLDER).expanduser()
    if not paths.is_text(str(folder)):
        raise errors.UserError(
            "`--prepared_dir` must be a folder whose name is UTF-8. Received: "
            f"--prepared_dir={paths.printable(str(folder))}. Name another."
        )
    return folder
