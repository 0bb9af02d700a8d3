# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The limit on the size of an image file, which all that read or hash images share. Nothing here imports Pillow."""

from __future__ import annotations

MOST_IMAGE_BYTES = 2**29  # the content of a larger file is never read
