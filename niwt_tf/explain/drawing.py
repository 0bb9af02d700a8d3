# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Draws pictures of explanations: a map over its image, an image with its reasons, strips of crops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from niwt_tf.explain import visual
from niwt_tf.util import clean

_TILE = 256  # pixels, the side of an image in a picture
_TEXT_WIDTH = 320  # pixels
_MARGIN = 16  # pixels
_GAP = 4  # pixels, between crops
_LONGEST = 200  # letters of a text
_TITLE_SIZE, _TEXT_SIZE = 20, 15  # pixels
_OPACITY = 0.8  # of the map at its highest point
_INK, _FAINT, _PAPER, _BAR = "#1a1a1a", "#5c5c5c", "#ffffff", "#c2d7ee"
_COLD, _WARM, _HOT = "#2b0a57", "#e0475b", "#ffe95c"


def overlay(image: np.ndarray, values: np.ndarray) -> Image.Image:
    """Draw a map over an image: higher values are brighter and more opaque.

    Args:
      image: `[S,S,3]` uint8, RGB.
      values: Map `[H,W]` of any scale; the image stays as it is at values that are not above 0.
    """
    heat = layer(values, len(image))
    return Image.composite(heat.convert("RGB"), Image.fromarray(image), heat.getchannel("A"))


def layer(values: np.ndarray, size: int) -> Image.Image:
    """Draw a map alone, RGBA, to be laid over its image: higher values are brighter and more opaque.

    Args:
      values: Map `[H,W]` of any scale; it is transparent at values that are not above 0.
      size: Side of the image, in pixels.
    """
    large = visual.normalise(visual.upsample(visual.normalise(values[None]), size))[0]
    heat = ImageOps.colorize(Image.fromarray(np.rint(large * 255).astype(np.uint8)), _COLD, _HOT, _WARM)
    heat.putalpha(Image.fromarray(np.rint(large * 255 * _OPACITY).astype(np.uint8)))
    return heat


def picture(
    image: np.ndarray, values: np.ndarray, title: str, notes: Sequence[str], reasons: Sequence[tuple[str, float]]
) -> Image.Image:
    """Draw an image, the same image with a map over it, and a panel with the prediction and its reasons.

    Args:
      image: `[S,S,3]` uint8, RGB.
      values: Map `[H,W]`.
      title: First line of the panel, for example the predicted class.
      notes: Further lines, for example the runner-up.
      reasons: Reasons with their strengths; a bar shows each strength as a share of the largest.
    """
    panel = _panel(title, notes, reasons)
    tiles = [_tile(Image.fromarray(image)), _tile(overlay(image, values))]
    width = _MARGIN * (len(tiles) + 2) + _TILE * len(tiles) + panel.width
    drawn = Image.new("RGB", (width, 2 * _MARGIN + max(_TILE, panel.height)), _PAPER)
    left = _MARGIN
    for part in (*tiles, panel):
        drawn.paste(part, (left, _MARGIN))
        left += part.width + _MARGIN
    return drawn


def strip(crops: Sequence[np.ndarray], size: int = 64) -> Image.Image:
    """Draw crops side by side; one empty place if there are none.

    Args:
      crops: Square images, each `[s,s,3]` uint8, RGB.
      size: Side of each drawn crop, in pixels.
    """
    places = max(1, len(crops))
    drawn = Image.new("RGB", (places * size + (places - 1) * _GAP, size), _PAPER)
    for place, crop in enumerate(crops):
        drawn.paste(
            Image.fromarray(crop).resize((size, size), _resampling(len(crop), size)), (place * (size + _GAP), 0)
        )
    return drawn


def _tile(image: Image.Image) -> Image.Image:
    return image.resize((_TILE, _TILE), _resampling(image.width, _TILE))


def _resampling(size: int, new_size: int) -> Image.Resampling:
    return Image.Resampling.BICUBIC if new_size > size else Image.Resampling.LANCZOS


def _panel(title: str, notes: Sequence[str], reasons: Sequence[tuple[str, float]]) -> Image.Image:
    """Draw the text on a panel of fixed width, as high as the text needs."""
    title_font, font = ImageFont.load_default(_TITLE_SIZE), ImageFont.load_default(_TEXT_SIZE)
    lines = [(line, title_font, _INK, 0.0) for line in wrap(clean.name(title, _LONGEST), title_font)]
    lines += [(line, font, _FAINT, 0.0) for note in notes for line in wrap(clean.name(note, _LONGEST), font)]
    strongest = max((strength for _, strength in reasons), default=0.0)
    for text, strength in reasons:
        share = strength / strongest if strongest > 0 else 0.0
        lines += [(line, font, _INK, share) for line in wrap(f"{clean.name(text, _LONGEST)}  {strength:.2f}", font)]
    heights = [_line_height(font_) for _, font_, _, _ in lines]
    panel = Image.new("RGB", (_TEXT_WIDTH, sum(heights)), _PAPER)
    draw, top = ImageDraw.Draw(panel), 0
    for (line, font_, colour, share), height in zip(lines, heights, strict=True):
        if share > 0:
            draw.rectangle((0, top, round(share * (_TEXT_WIDTH - 1)), top + height - 3), fill=_BAR)
        draw.text((4 if share > 0 else 0, top), line, fill=colour, font=font_)
        top += height
    return panel


def wrap(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int = _TEXT_WIDTH - 8) -> list[str]:
    """Split a text into lines of at most `width` pixels: a wider word is broken, a wider letter is not."""
    lines, line = [], ""
    for word in text.split():
        if line and font.getlength(f"{line} {word}") > width:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
        while len(line) > 1 and font.getlength(line) > width:
            fits = next(n for n in range(len(line) - 1, 0, -1) if n == 1 or font.getlength(line[:n]) <= width)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line] if line else lines


def _line_height(font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> int:
    _, _, _, bottom = font.getbbox("Ag")
    return round(bottom * 1.35)
