# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the TFDS builder: those that TFDS has for every dataset, and what is published of the split."""

from __future__ import annotations

import tempfile
from pathlib import Path

import tensorflow_datasets as tfds

import fakes.cub
from niwt_tf.data.cub import cub_dataset_builder


class CubTest(tfds.testing.DatasetBuilderTestCase):
    SPLITS = {"train": 20, "test_seen": 10, "test_unseen": 6}
    SKIP_CHECKSUMS = True  # niwt_tf downloads, not TFDS

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        fake = fakes.cub.write(Path(folder.name))
        cls.EXAMPLE_DIR, cls.DATASET_CLASS = fake.root, fake.builder(cub_dataset_builder.Builder)
        super().setUpClass()


def test_counts_are_those_that_were_published() -> None:
    counts = cub_dataset_builder.Builder.BENCHMARK.counts
    assert (counts.seen, counts.unseen) == (150, 50)
    assert (counts.train, counts.test_seen, counts.test_unseen) == (7_057, 1_764, 2_967)
    assert counts.train + counts.test_seen + counts.test_unseen == 11_788


def test_tfds_knows_the_builder_with_its_citation() -> None:
    builder = tfds.builder_cls("cub")
    assert builder is cub_dataset_builder.Builder
    about = builder.get_metadata()
    assert about.citation.lstrip().startswith("@") and "wah2011" in about.citation
    assert "11,788" in about.description
