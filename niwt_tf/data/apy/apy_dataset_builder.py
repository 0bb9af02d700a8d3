# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""aPascal & aYahoo as a TFDS builder."""

from __future__ import annotations

from niwt_tf.data.apy import layout
from niwt_tf.data.benchmarks import benchmark, builder


class Builder(builder.Builder):
    """Objects cut out of their photographs: 15,339 of 32 classes, 20 seen and 12 unseen."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = """Put attribute_data.tar.gz and ayahoo_test_images.tar.gz, from
https://vision.cs.uiuc.edu/attributes/, VOCtrainval_14-Jul-2008.tar, from http://host.robots.ox.ac.uk/pascal/VOC/voc2008/,
and xlsa17.zip, from the page of the proposed splits, into the manual folder, packed or unpacked."""
    BENCHMARK = benchmark.Benchmark(
        name="apy",
        counts=benchmark.Counts(train=5_932, test_seen=1_483, test_unseen=7_924, seen=20, unseen=12),
        images=layout.images,
        descriptions=layout.descriptions,
    )
