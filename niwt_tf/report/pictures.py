# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Shrinks pictures and encodes them for embedding in the page."""

from __future__ import annotations

import base64
import dataclasses
import io
from pathlib import Path

from PIL import Image

_QUALITY = 80  # of WebP, 0..100


@dataclasses.dataclass(frozen=True)
class Picture:
    """Image that needs no file.

    Attributes:
      uri: Data URI of the image.
      width: Width in pixels.
      height: Height in pixels.
    """

    uri: str
    width: int
    height: int


def read(path: Path, widest: int) -> Picture:
    """Read a picture as WebP, reduced to at most `widest` pixels in width and four times that in height."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    image.thumbnail((widest, 4 * widest))
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY)
    return Picture(f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}", *image.size)
