# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 3 of the method (section 3.3 of the paper): weights of the unseen classes from their importances."""
