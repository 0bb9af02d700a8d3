# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The scene around a bird: sky and land, clutter, a perch, leaves in front of it, and the light."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from niwt_tf.data.aviary import shapes

# Upper and lower colour of each kind of place.
_PLACES = np.array(
    [
        [(168, 206, 238), (222, 236, 240)],  # sky
        [(96, 140, 92), (148, 178, 104)],  # woodland
        [(196, 216, 196), (122, 148, 96)],  # meadow
        [(150, 178, 196), (92, 122, 148)],  # water
        [(226, 204, 164), (178, 148, 108)],  # dunes
        [(214, 220, 232), (188, 196, 214)],  # snow
        [(222, 170, 150), (126, 104, 138)],  # dusk
        [(120, 112, 100), (74, 82, 66)],  # undergrowth
    ],
    float,
)
_LEAVES = np.array([(72, 118, 62), (112, 146, 70), (52, 92, 66), (150, 138, 66), (164, 102, 58)])
_FLOWERS = np.array([(206, 60, 60), (236, 196, 70), (84, 110, 200), (236, 232, 228), (200, 120, 190)])
_WOOD = np.array([(104, 78, 56), (132, 104, 78), (88, 80, 74)])


def background(rng: np.random.Generator, side: int) -> Image.Image:
    """Draw a square sky or land of `side` pixels, blended from top to bottom."""
    upper, lower = _PLACES[rng.integers(len(_PLACES))] + rng.normal(0, 10, (2, 3))
    ramp = np.linspace(0, 1, side)[:, None] ** rng.uniform(0.6, 1.6)
    column = np.clip(upper + (lower - upper) * ramp, 0, 255).astype(np.uint8)
    return Image.fromarray(column[:, None]).resize((side, side), Image.Resampling.NEAREST)


def clutter(rng: np.random.Generator, pen: ImageDraw.ImageDraw, side: int) -> None:
    """Scatter leaves, flowers and twigs over the background."""
    for _ in range(rng.integers(0, 4)):
        _twig(rng, pen, side, rng.uniform(0, 1, 2), rng.uniform(0.004, 0.014))
    for _ in range(rng.integers(2, 14)):
        _leaf(rng, pen, side, rng.uniform(0, 1, 2), rng.uniform(0.02, 0.08))
    for _ in range(rng.integers(0, 5)):
        x, y = rng.uniform(0, side, 2)
        radius = side * rng.uniform(0.012, 0.04)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_pick(rng, _FLOWERS))


def perch(rng: np.random.Generator, pen: ImageDraw.ImageDraw, side: int, height: float) -> None:
    """Draw a branch or a piece of ground under feet that stand `height` pixels below the top."""
    slope, color = rng.uniform(-0.1, 0.1) * side, _pick(rng, _WOOD)
    if rng.random() < 0.65:
        pen.line((0, height - slope, side, height + slope), fill=color, width=int(side * rng.uniform(0.025, 0.06)))
    else:
        pen.polygon((0, height - slope / 2, side, height + slope / 2, side, side, 0, side), fill=color)


def cover(
    rng: np.random.Generator,
    pen: ImageDraw.ImageDraw,
    parts_pen: ImageDraw.ImageDraw,
    side: int,
    center: np.ndarray,
) -> None:
    """Draw leaves or a twig in front of the bird in some images, and clear the segmentation where they cover it."""
    if rng.random() < 0.4:
        return
    if rng.random() < 0.3:
        _twig(rng, pen, side, center / side + rng.normal(0, 0.1, 2), rng.uniform(0.008, 0.02), parts_pen)
    for _ in range(rng.integers(1, 4)):
        _leaf(rng, pen, side, center / side + rng.normal(0, 0.2, 2), rng.uniform(0.03, 0.085), parts_pen)


def light(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Light the image `[S,S,3]` uint8 with random strength, warmth and direction, and add noise."""
    size = len(image)
    ramp = np.linspace(-1, 1, size)
    direction = rng.uniform(-0.14, 0.14, 2)
    strength = rng.uniform(0.72, 1.14) + direction[0] * ramp[:, None] + direction[1] * ramp[None, :]
    warmth = rng.uniform(-0.07, 0.07)
    lit = image * (strength[..., None] * np.array([1 + warmth, 1.0, 1 - warmth]))
    return np.clip(lit + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)


def _pick(rng: np.random.Generator, colors: np.ndarray) -> tuple[int, int, int]:
    values = np.clip(colors[rng.integers(len(colors))] + rng.normal(0, 10, 3), 0, 255).astype(int)
    red, green, blue = values.tolist()
    return red, green, blue


def _leaf(
    rng: np.random.Generator,
    pen: ImageDraw.ImageDraw,
    side: int,
    at: np.ndarray,
    radius: float,
    parts_pen: ImageDraw.ImageDraw | None = None,
) -> None:
    outline = shapes.ellipse(at[0], at[1], radius, radius * rng.uniform(0.35, 0.6), rng.uniform(0, np.pi), points=10)
    points = (outline * side).ravel().tolist()
    pen.polygon(points, fill=_pick(rng, _LEAVES))
    if parts_pen is not None:
        parts_pen.polygon(points, fill=0)


def _twig(
    rng: np.random.Generator,
    pen: ImageDraw.ImageDraw,
    side: int,
    at: np.ndarray,
    width: float,
    parts_pen: ImageDraw.ImageDraw | None = None,
) -> None:
    angle, reach = rng.uniform(0, np.pi), rng.uniform(0.3, 0.9)
    offset = np.array([np.cos(angle), np.sin(angle)]) * reach
    points = (np.concatenate([at - offset, at + offset]) * side).tolist()
    thickness = max(1, int(width * side))
    pen.line(points, fill=_pick(rng, _WOOD), width=thickness)
    if parts_pen is not None:
        parts_pen.line(points, fill=0, width=thickness)
