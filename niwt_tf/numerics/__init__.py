# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Linear algebra, folds, and choices among scores; nothing here knows images or networks."""
