# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Adds the flagfiles to what is installed; all else is in pyproject.toml."""

import glob

import setuptools

setuptools.setup(data_files=[("share/niwt_tf/flags", sorted(glob.glob("flags/*.flags")))])
