# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The benchmarks with proposed splits: their files, download sites and splits."""
