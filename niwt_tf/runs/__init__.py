# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A run on disk: its stages, its folder, and what is read back from it."""
