# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The version of the package; nothing is imported here, so every module may read it."""

__version__ = "0.1.0"
