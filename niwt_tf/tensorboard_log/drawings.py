# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Draw the curve of seen against unseen accuracy, and the confusion matrix, as pixels."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from niwt_tf.evaluation import confusion as confusion_lib
from niwt_tf.evaluation import gzsl

_SIDE = 480  # pixels, side of the square that both accuracies span
_LEFT, _TOP, _RIGHT, _BOTTOM = 60, 20, 20, 50  # pixels, margins of that square
_FONT = 14
_LINE = 2  # pixels
_LARGEST = 720  # pixels, approximate side of the confusion matrix
_INK, _GRID, _BLUE = (27, 31, 36), (208, 215, 222), (11, 87, 208)
_RIGHT_COLOUR, _WRONG_COLOUR = np.array([26, 127, 82]), np.array([179, 38, 30])


def curve(curve: gzsl.Curve, operating: tuple[float, float]) -> np.ndarray:
    """Draw seen accuracy S against unseen accuracy U with the operating point, `[H,W,3]` uint8.

    Args:
      curve: S and U for every gamma.
      operating: U and S at the chosen gamma.
    """
    image = Image.new("RGB", (_LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM), "white")
    draw = ImageDraw.Draw(image)
    for fifth in np.linspace(0, 1, 6):
        draw.line([_place(0, fifth), _place(1, fifth)], _GRID)
        draw.line([_place(fifth, 0), _place(fifth, 1)], _GRID)
        x, y = _place(fifth, fifth)
        draw.text((_LEFT - 8, y), f"{fifth:.1f}", _INK, anchor="rm", font_size=_FONT)
        draw.text((x, _TOP + _SIDE + 8), f"{fifth:.1f}", _INK, anchor="mt", font_size=_FONT)
    draw.text((_LEFT + _SIDE / 2, _TOP + _SIDE + 30), "U, unseen classes", _INK, anchor="mt", font_size=_FONT)
    draw.text((8, _TOP + _SIDE / 2), "S", _INK, anchor="lm", font_size=_FONT)
    draw.line([_place(*pair) for pair in zip(curve.unseen, curve.seen, strict=True)], _BLUE, width=2)
    x, y = _place(*operating)
    draw.ellipse((x - 6, y - 6, x + 6, y + 6), _BLUE, "white", width=2)
    return np.asarray(image)


def confusion(counts: np.ndarray, seen_classes: int) -> np.ndarray:
    """Draw counts `[C,C]` as `[H,W,3]` uint8: the stronger a cell's colour, the larger its share of the row.

    Args:
      counts: Confusion matrix, with true classes as rows and predictions as columns.
      seen_classes: Number of seen classes; lines are drawn after them.
    """
    shares = np.sqrt(confusion_lib.shares(counts))[..., None]  # the root makes rare mistakes visible
    colours = np.where(np.eye(len(counts), dtype=bool)[..., None], _RIGHT_COLOUR, _WRONG_COLOUR)
    cells = np.round(255 + shares * (colours - 255)).astype(np.uint8)
    scale = max(1, _LARGEST // len(counts))
    pixels = cells.repeat(scale, 0).repeat(scale, 1)
    line = slice(scale * seen_classes, scale * seen_classes + _LINE)
    pixels[line] = pixels[:, line] = _INK
    return pixels


def _place(unseen: float, seen: float) -> tuple[float, float]:
    return _LEFT + _SIDE * float(unseen), _TOP + _SIDE * (1 - float(seen))
