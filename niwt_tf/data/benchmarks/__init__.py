# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The benchmarks with proposed splits: what their files are, where they are fetched from, and their splits."""
