# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Constants that computations of all packages share."""

from __future__ import annotations

LEAST_DIVISOR = 1e-12  # a norm, spread or variance of at most this counts as zero, and nothing is divided by less
