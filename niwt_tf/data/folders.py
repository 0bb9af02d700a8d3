# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Choose the folders of published files and of prepared datasets."""

from __future__ import annotations

from pathlib import Path

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.util import paths

_TFDS_FOLDER = "~/tensorflow_datasets"


def source_folder(config: config_lib.DataConfig) -> Path:
    """Choose the folder of published files: `data_dir`, or TFDS' own folder for manual downloads."""
    if config.data_dir:
        return paths.expanded(config.data_dir)
    return prepared_folder(config) / "downloads" / "manual"


def prepared_folder(config: config_lib.DataConfig) -> Path:
    """Choose the folder of prepared datasets: `prepared_dir`, or TFDS' own folder.

    Raises:
      errors.UserError: If its name is not UTF-8, which TensorFlow does not accept.
    """
    folder = paths.expanded(config.prepared_dir or _TFDS_FOLDER)
    if not paths.is_text(str(folder)):
        raise errors.UserError(
            f"`{errors.setting('prepared_dir')}` must be a folder whose name is UTF-8. Received: "
            f"{errors.setting('prepared_dir', paths.printable(str(folder)))}. Choose another folder."
        )
    return folder
