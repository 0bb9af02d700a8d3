# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Neuron importance-aware weight transfer: teaches an image classifier new classes from words alone."""

__version__ = "0.1.0"
