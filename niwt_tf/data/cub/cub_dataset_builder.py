# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Caltech-UCSD Birds 200-2011 as a TFDS builder."""

from __future__ import annotations

from niwt_tf.data.benchmarks import benchmark, builder
from niwt_tf.data.cub import annotations as annotations_lib
from niwt_tf.data.cub import layout


class Builder(builder.Builder):
    """Photographs of birds: 11,788 of 200 classes, 150 seen and 50 unseen."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = """Put CUB_200_2011.tgz, from https://data.caltech.edu/records/65de6-vp158, and
xlsa17.zip, from the page of the proposed splits, into the manual folder, packed or unpacked. Captions are optional:
text_c10 of https://github.com/reedscot/cvpr2016."""
    BENCHMARK = benchmark.Benchmark(
        name="cub",
        counts=benchmark.Counts(train=7_057, test_seen=1_764, test_unseen=2_967, seen=150, unseen=50),
        images=layout.images,
        descriptions=layout.descriptions,
        annotations=annotations_lib.find,
        part_of=annotations_lib.part_of,
    )
