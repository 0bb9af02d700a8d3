# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""TFDS' own tests of a builder, on a fake of its benchmark."""

from __future__ import annotations

import tempfile
from pathlib import Path

import tensorflow_datasets as tfds

from fakes import kinds


class BuilderCase(tfds.testing.DatasetBuilderTestCase):
    """A subclass names the benchmark."""

    KIND: str
    SPLITS = {"train": 20, "test_seen": 10, "test_unseen": 6}
    SKIP_CHECKSUMS = True  # niwt_tf downloads, not TFDS

    @classmethod
    def setUpClass(cls) -> None:
        """Writes the fake, and takes its folder for that of files got by hand."""
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        write, builder = kinds.KINDS[cls.KIND]
        fake = write(Path(folder.name))
        cls.EXAMPLE_DIR, cls.DATASET_CLASS = fake.root, fake.builder(builder)
        super().setUpClass()
