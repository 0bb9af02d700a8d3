# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The paper, step by step: importance, domain_map, weight_transfer, calibration, validation, inverse_map."""
