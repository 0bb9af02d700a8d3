# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Prepare a TFDS dataset once, without the output of TFDS."""

from __future__ import annotations

from pathlib import Path

import tensorflow_datasets as tfds

from niwt_tf.util import progress


def is_prepared(builder: tfds.core.DatasetBuilder) -> bool:
    """Check whether the dataset is on disk; it is complete then, because TFDS creates its folder last."""
    return Path(builder.data_dir).exists()


def prepare(builder: tfds.core.DatasetBuilder, manual_dir: Path | None = None) -> None:
    """Prepare a dataset on disk.

    Args:
      builder: Builder of the dataset.
      manual_dir: Folder of the files that the builder does not download.

    Raises:
      OSError: If the folder cannot be written.
    """
    progress.print_line(f"  preparing the images in {builder.data_dir}")
    settings = tfds.download.DownloadConfig(manual_dir=manual_dir) if manual_dir else None
    tfds.disable_progress_bar()
    with progress.no_other_output():
        builder.download_and_prepare(download_config=settings)
