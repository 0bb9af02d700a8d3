# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the TFDS builder: those that TFDS has for every dataset, and what is published of the split."""

from __future__ import annotations

import tensorflow_datasets as tfds

from fakes import builder_case
from niwt_tf.data.sun import sun_dataset_builder


class SunTest(builder_case.BuilderCase):
    KIND = "sun"


def test_counts_are_those_that_were_published() -> None:
    counts = sun_dataset_builder.Builder.BENCHMARK.counts
    assert (counts.seen, counts.unseen) == (645, 72)
    assert (counts.train, counts.test_seen, counts.test_unseen) == (10_320, 2_580, 1_440)
    assert counts.train + counts.test_seen + counts.test_unseen == 14_340


def test_tfds_knows_the_builder_with_its_citation() -> None:
    builder = tfds.builder_cls("sun")
    assert builder is sun_dataset_builder.Builder
    about = builder.get_metadata()
    assert about.citation.lstrip().startswith("@") and "patterson2012" in about.citation
    assert "14,340" in about.description
