# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Encodes pictures for embedding in the page."""

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
    image = _open(path)
    image.thumbnail((widest, 4 * widest))
    return _encode(image)


def read_left(path: Path, widest: int) -> Picture:
    """Read the left part of a picture as WebP, at most `widest` pixels, in its own size."""
    image = _open(path)
    return _encode(image.crop((0, 0, min(widest, image.width), image.height)))


def _open(path: Path) -> Image.Image:
    """Open a picture; one that is transparent anywhere stays so."""
    with Image.open(path) as opened:
        return opened.convert("RGBA" if opened.has_transparency_data else "RGB")


def _encode(image: Image.Image) -> Picture:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY)
    content = base64.b64encode(file.getvalue()).decode()
    return Picture(f"data:image/webp;base64,{content}", *image.size)
