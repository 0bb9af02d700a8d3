# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What a dataset's own files hold, as a fingerprint: a change of them remakes the stages that read them.

Nothing here imports TensorFlow.
"""

from __future__ import annotations

from pathlib import Path

from niwt_tf import config as config_lib
from niwt_tf.data import named_files, places
from niwt_tf.data.benchmarks import split_files
from niwt_tf.data.folder import layout, table


def images(config: config_lib.DataConfig) -> str:
    """Returns what tells a split of images from any other; a benchmark's split is downloaded where it is not at hand.

    Raises:
      errors.UserError: if the split cannot be had, or a folder is not as it must be.
      OSError: if a folder cannot be read or written.
    """
    if config.dataset == "folder":
        return layout.read(Path(config.data_dir).expanduser(), config.unseen).digest()
    if config.dataset == "aviary":
        return ""
    return split_files.obtain_split(config.dataset, places.source_folder(config)).sha256


def knowledge(config: config_lib.DataConfig) -> dict[str, str]:
    """Returns file -> stamp of the attributes, captions and documents in a folder of the user's.

    Raises:
      OSError: if a file cannot be read.
    """
    if config.dataset != "folder":
        return {}
    root = Path(config.data_dir).expanduser()
    return named_files.stamps_below(root, (*table.NAMES, layout.CAPTIONS, layout.DOCUMENTS))
