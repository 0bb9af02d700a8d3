# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Animals with Attributes 2 as a TFDS builder."""

from __future__ import annotations

from niwt_tf.data.awa2 import layout
from niwt_tf.data.benchmarks import benchmark, builder


class Builder(builder.Builder):
    """Photographs of animals: 37,322 of 50 classes, 40 seen and 10 unseen."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = """Put AwA2-data.zip, from https://cvml.ista.ac.at/AwA2/, and xlsa17.zip, from the
page of the proposed splits, into the manual folder, packed or unpacked."""
    BENCHMARK = benchmark.Benchmark(
        name="awa2",
        counts=benchmark.Counts(train=23_527, test_seen=5_882, test_unseen=7_913, seen=40, unseen=10),
        images=layout.images,
        descriptions=layout.descriptions,
    )
