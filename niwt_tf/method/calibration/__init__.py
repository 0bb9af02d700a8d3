# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What importances do not determine: the scale and bias of new weights, and gamma."""
