# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A classifier of seen and unseen classes to use: predict, explain, teach, save."""
