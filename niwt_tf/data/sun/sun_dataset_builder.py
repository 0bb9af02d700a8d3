# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The SUN Attribute database as a TFDS builder."""

from __future__ import annotations

from niwt_tf.data.benchmarks import benchmark, builder
from niwt_tf.data.sun import layout


class Builder(builder.Builder):
    """Photographs of scenes: 14,340 of 717 classes, 645 seen and 72 unseen."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = """Put SUNAttributeDB_Images.tar.gz, from
https://cs.brown.edu/~gmpatter/sunattributes.html, and xlsa17.zip, from the page of the proposed splits, into the manual
folder, packed or unpacked. SUNAttributeDB.tar.gz, for the attributes' names, is optional."""
    BENCHMARK = benchmark.Benchmark(
        name="sun",
        counts=benchmark.Counts(train=10_320, test_seen=2_580, test_unseen=1_440, seen=645, unseen=72),
        images=layout.images,
        descriptions=layout.descriptions,
    )
