# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The benchmarks by name: what writes a fake, and its builder."""

from __future__ import annotations

import fakes.apy
import fakes.awa2
import fakes.cub
import fakes.sun
from niwt_tf.data.apy import apy_dataset_builder
from niwt_tf.data.awa2 import awa2_dataset_builder
from niwt_tf.data.cub import cub_dataset_builder
from niwt_tf.data.sun import sun_dataset_builder

KINDS = {
    "awa2": (fakes.awa2.write, awa2_dataset_builder.Builder),
    "cub": (fakes.cub.write, cub_dataset_builder.Builder),
    "sun": (fakes.sun.write, sun_dataset_builder.Builder),
    "apy": (fakes.apy.write, apy_dataset_builder.Builder),
}
