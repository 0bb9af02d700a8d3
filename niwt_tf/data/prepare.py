# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Prepare a TFDS dataset once, without the output of TFDS."""

from __future__ import annotations

import shutil
from pathlib import Path

import tensorflow_datasets as tfds

from niwt_tf.util import locks, progress


def is_prepared(builder: tfds.core.DatasetBuilder) -> bool:
    """Check whether the dataset is on disk; it is complete then, because TFDS creates its folder last."""
    return Path(builder.data_dir).exists()


def prepare(builder: tfds.core.DatasetBuilder, manual_dir: Path | None = None) -> None:
    """Prepare a dataset on disk, or wait for another process that prepares it, and use what that one made.

    Args:
      builder: Builder of the dataset.
      manual_dir: Folder of the files that the builder does not download.

    Raises:
      errors.UserError: If another process prepares it, and `locks.allow_waiting` forbade waiting.
      OSError: If the folder cannot be written.
    """
    folder = Path(builder.data_dir)
    with locks.hold(locks.beside(folder), f"the images in {folder}"):
        if is_prepared(builder):
            builder.info.read_from_directory(folder)  # which the builder did not find when it was created
        else:
            _remove_unfinished(folder)
            _prepare(builder, manual_dir)


def _remove_unfinished(folder: Path) -> None:
    """Remove what preparations that were killed left: TFDS writes into a folder beside, with a random name."""
    for unfinished in folder.parent.glob(f"{tfds.core.constants.INCOMPLETE_PREFIX}*_{folder.name}"):
        shutil.rmtree(unfinished)


def _prepare(builder: tfds.core.DatasetBuilder, manual_dir: Path | None) -> None:
    progress.print_line(f"  preparing the images in {builder.data_dir}")
    settings = tfds.download.DownloadConfig(manual_dir=manual_dir) if manual_dir else None
    tfds.disable_progress_bar()
    with progress.no_other_output():
        builder.download_and_prepare(download_config=settings)
