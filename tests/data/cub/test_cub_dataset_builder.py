# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the TFDS builder: those that TFDS has for every dataset, and what is published of the split."""

from __future__ import annotations

import tensorflow_datasets as tfds

from fakes import builder_case
from niwt_tf.data.cub import cub_dataset_builder


class CubTest(builder_case.BuilderCase):
    KIND = "cub"


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
