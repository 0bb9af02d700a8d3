# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Training on the seen classes: the whole network, or a classifier alone."""
