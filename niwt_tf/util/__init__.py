# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What every part needs: progress, devices, files of arrays, checks of arguments."""
