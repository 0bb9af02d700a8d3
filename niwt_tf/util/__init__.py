# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Utilities of all packages: progress bars, devices, arrays on disk, checks of arguments."""
