# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 2 of the method (section 3.2 of the paper): the map from domain vectors to importances."""
