# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the TFDS builder: those that TFDS has for every dataset, and what is published of the split."""

from __future__ import annotations

import tensorflow_datasets as tfds

from fakes import builder_case
from niwt_tf.data.apy import apy_dataset_builder


class ApyTest(builder_case.BuilderCase):
    KIND = "apy"


def test_counts_are_those_that_were_published() -> None:
    counts = apy_dataset_builder.Builder.BENCHMARK.counts
    assert (counts.seen, counts.unseen) == (20, 12)
    assert (counts.train, counts.test_seen, counts.test_unseen) == (5_932, 1_483, 7_924)
    assert counts.train + counts.test_seen + counts.test_unseen == 15_339


def test_tfds_knows_the_builder_with_its_citation() -> None:
    builder = tfds.builder_cls("apy")
    assert builder is apy_dataset_builder.Builder
    about = builder.get_metadata()
    assert about.citation.lstrip().startswith("@") and "farhadi2009" in about.citation
    assert "15,339" in about.description
