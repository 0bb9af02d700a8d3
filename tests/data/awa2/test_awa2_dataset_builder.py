# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the TFDS builder: those that TFDS has for every dataset, and what is published of the split."""

from __future__ import annotations

import tensorflow_datasets as tfds

from fakes import builder_case
from niwt_tf.data.awa2 import awa2_dataset_builder


class Awa2Test(builder_case.BuilderCase):
    KIND = "awa2"


def test_counts_are_those_that_were_published() -> None:
    counts = awa2_dataset_builder.Builder.BENCHMARK.counts
    assert (counts.seen, counts.unseen) == (40, 10)
    assert (counts.train, counts.test_seen, counts.test_unseen) == (23_527, 5_882, 7_913)
    assert counts.train + counts.test_seen + counts.test_unseen == 37_322


def test_tfds_knows_the_builder_with_its_citation() -> None:
    builder = tfds.builder_cls("awa2")
    assert builder is awa2_dataset_builder.Builder
    about = builder.get_metadata()
    assert about.citation.lstrip().startswith("@") and "xian2019" in about.citation
    assert "37,322" in about.description
