# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Pictures inside the page, made small enough for it."""

from __future__ import annotations

import base64
import dataclasses
import io
from pathlib import Path

from PIL import Image

_QUALITY = 80  # of WebP, 0..100


@dataclasses.dataclass(frozen=True)
class Picture:
    """An image that needs no file.

    Attributes:
      uri: a data URI.
      width: in pixels.
      height: in pixels.
    """

    uri: str
    width: int
    height: int


def read(path: Path, widest: int) -> Picture:
    """Returns a picture brought down to a width of at most `widest` pixels, as WebP."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    image.thumbnail((widest, 4 * widest))
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY)
    return Picture(f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}", *image.size)
