# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""New classes by their mean features: predicted from descriptions, corrected by photographs, or by these alone."""
