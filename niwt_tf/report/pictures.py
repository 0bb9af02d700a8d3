# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Encodes pictures and charts for embedding in the page."""

from __future__ import annotations

import base64
import dataclasses
import io
from collections.abc import Callable
from pathlib import Path

from matplotlib import figure as figure_lib
from PIL import Image

from niwt_tf.report import charts

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


@dataclasses.dataclass(frozen=True)
class Chart(Picture):
    """Chart that needs no file.

    Attributes:
      dark_uri: Data URI of the chart in colours for a dark page.
    """

    dark_uri: str


def read(path: Path, widest: int) -> Picture:
    """Read a picture as WebP, reduced to at most `widest` pixels in width and four times that in height."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    image.thumbnail((widest, 4 * widest))
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY)
    return Picture(_uri("image/webp", file.getvalue()), *image.size)


def chart(draw: Callable[[charts.Theme], figure_lib.Figure]) -> Chart:
    """Draw a chart as SVG for a light and for a dark page."""
    light, dark = draw(charts.LIGHT), draw(charts.DARK)
    width, height = (round(inches * charts.PIXELS) for inches in light.get_size_inches())
    uris = [_uri("image/svg+xml", charts.svg(figure)) for figure in (light, dark)]
    return Chart(uris[0], width, height, uris[1])


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
