# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Fingerprint a dataset's own files: if these change, the stages that read them run again.

Nothing here imports TensorFlow.
"""

from __future__ import annotations

from niwt_tf import config as config_lib
from niwt_tf.data import folders, named_files
from niwt_tf.data.benchmarks import split_files
from niwt_tf.data.folder import layout, table
from niwt_tf.util import paths


def images(config: config_lib.DataConfig) -> str:
    """Compute the fingerprint of the split of images; a benchmark's split is downloaded if it is missing.

    It is empty for the aviary, whose settings determine its split.

    Raises:
      errors.UserError: If the split cannot be obtained, or a folder is not laid out as required.
      OSError: If a folder cannot be read or written.
    """
    if config.dataset == "folder":
        return layout.read(paths.expanded(config.data_dir), config.unseen).digest()
    if config.dataset == "aviary":
        return ""
    return split_files.fetch_split(config.dataset, folders.source_folder(config)).sha256


def knowledge(config: config_lib.DataConfig) -> dict[str, str]:
    """Stamp the files of attributes, captions and documents in the user's folder; empty for other datasets.

    Raises:
      OSError: If a file cannot be read.
    """
    if config.dataset != "folder":
        return {}
    root = paths.expanded(config.data_dir)
    return named_files.stamps_below(root, (*table.NAMES, layout.CAPTIONS, layout.DOCUMENTS))
