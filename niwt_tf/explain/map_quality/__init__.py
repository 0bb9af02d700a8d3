# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""How good maps are, by the field's metrics: one file for each, and `registry` with what each means."""
