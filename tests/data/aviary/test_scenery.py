# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what surrounds a bird."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from niwt_tf.data.aviary import scenery

_SIDE = 192  # of the canvas on which a bird of 64 pixels is drawn
_NO_WOOD = (255, 0, 255)  # a colour that nothing in the scenery has


def _canvas() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (_SIDE, _SIDE), _NO_WOOD)
    return image, ImageDraw.Draw(image)


def _painted(image: Image.Image) -> np.ndarray:
    return (np.asarray(image) != _NO_WOOD).any(-1)


def _clutter(rng: np.random.Generator) -> np.ndarray:
    image, pen = _canvas()
    scenery.clutter(rng, pen, _SIDE)
    return np.asarray(image)


def _perch(rng: np.random.Generator) -> np.ndarray:
    image, pen = _canvas()
    scenery.perch(rng, pen, _SIDE, 96.0)
    return np.asarray(image)


def _cover(rng: np.random.Generator) -> np.ndarray:
    image, pen = _canvas()
    parts = Image.new("L", (_SIDE, _SIDE), 5)
    scenery.cover(rng, pen, ImageDraw.Draw(parts), _SIDE, np.array([96.0, 96.0]))
    return np.concatenate([np.asarray(image), np.asarray(parts)[..., None]], -1)


@pytest.mark.parametrize(
    "paint",
    [
        _clutter,
        _perch,
        _cover,
        lambda rng: np.asarray(scenery.background(rng, _SIDE)),
        lambda rng: scenery.light(rng, np.full((9, 9, 3), 120, np.uint8)),
    ],
    ids=["clutter", "perch", "cover", "background", "light"],
)
def test_scenery_follows_from_the_generator_alone(paint: Callable[[np.random.Generator], np.ndarray]) -> None:
    pictures = [paint(np.random.default_rng(seed)).tobytes() for seed in range(6)]
    assert [paint(np.random.default_rng(seed)).tobytes() for seed in range(6)] == pictures
    assert len(set(pictures)) > 2


@pytest.mark.parametrize("side", [1, 24, 192])
def test_background_blends_from_top_to_bottom(side: int) -> None:
    pixels = np.asarray(scenery.background(np.random.default_rng(side), side)).astype(int)
    assert pixels.shape == (side, side, 3)
    assert (pixels == pixels[:, :1]).all(), "a row has one colour"
    steps = np.diff(pixels[:, 0], axis=0)
    assert ((steps >= 0).all(0) | (steps <= 0).all(0)).all(), "each channel only rises or only falls"


def test_backgrounds_are_of_many_kinds() -> None:
    tops = [np.asarray(scenery.background(np.random.default_rng(seed), 8))[0, 0] for seed in range(60)]
    assert np.ptp(np.array(tops, float), axis=0).min() > 80


def test_clutter_leaves_most_of_the_background() -> None:
    shares = [(_clutter(np.random.default_rng(seed)) != _NO_WOOD).any(-1).mean() for seed in range(30)]
    assert all(0 < share < 0.6 for share in shares)


def test_perch_lies_at_the_height_of_the_feet() -> None:
    for seed in range(20):
        image, pen = _canvas()
        scenery.perch(np.random.default_rng(seed), pen, _SIDE, 120.0)
        painted = _painted(image)
        assert painted[120, _SIDE // 2], "what the bird stands on"
        assert not painted[: 120 - int(_SIDE * 0.13)].any(), "nothing above its feet"


def test_perch_is_a_branch_or_the_ground() -> None:
    ground = []
    for seed in range(40):
        image, pen = _canvas()
        scenery.perch(np.random.default_rng(seed), pen, _SIDE, 96.0)
        ground.append(bool(_painted(image)[-1].all()))
    assert 0 < np.mean(ground) < 0.7


def test_cover_takes_from_the_segmentation_just_what_it_paints() -> None:
    shares = []
    for seed in range(60):
        result = _cover(np.random.default_rng(seed))
        painted = (result[..., :3] != _NO_WOOD).any(-1)
        np.testing.assert_array_equal(painted, result[..., 3] == 0)
        assert set(np.unique(result[..., 3])) <= {0, 5}
        shares.append(painted.mean())
    assert 0.2 < np.mean(np.array(shares) == 0) < 0.6, "some birds are free, some are covered"
    assert max(shares) < 0.3, "and never for the most part"


def test_cover_lies_about_the_center() -> None:
    masses = []
    for center in (np.array([40.0, 140.0]), np.array([140.0, 40.0])):
        total = np.zeros((_SIDE, _SIDE))
        for seed in range(60):
            image, pen = _canvas()
            scenery.cover(np.random.default_rng(seed), pen, ImageDraw.Draw(Image.new("L", image.size)), _SIDE, center)
            total += _painted(image)
        masses.append([total.sum(0) @ np.arange(_SIDE), total.sum(1) @ np.arange(_SIDE)] / total.sum())
    (left, low), (right, high) = masses
    assert left < 96 < right
    assert high < 96 < low


def test_light_keeps_shape_kind_and_the_image_given() -> None:
    image = np.full((12, 12, 3), 120, np.uint8)
    lit = scenery.light(np.random.default_rng(0), image)
    assert (lit.shape, lit.dtype) == ((12, 12, 3), np.uint8)
    assert (image == 120).all()


def test_light_is_of_mild_strength_and_warmth() -> None:
    means = []
    for seed in range(60):
        lit = scenery.light(np.random.default_rng(seed), np.full((24, 24, 3), 100, np.uint8)).astype(float)
        means.append(lit.mean((0, 1)))
    strength, warmth = np.mean(means, 1), np.array(means)[:, 0] / np.array(means)[:, 2]
    assert 68 < strength.min() < 80 and 108 < strength.max() < 118
    assert 1 / 1.18 < warmth.min() < 0.95 and 1.05 < warmth.max() < 1.18


def test_light_clips_to_what_a_byte_holds() -> None:
    lit = [scenery.light(np.random.default_rng(seed), np.full((9, 9, 3), 255, np.uint8)) for seed in range(20)]
    dark = [scenery.light(np.random.default_rng(seed), np.zeros((9, 9, 3), np.uint8)) for seed in range(20)]
    assert min(image.min() for image in lit) > 110, "no overflow"
    assert max(image.max() for image in dark) < 25, "no underflow"


def test_light_adds_noise() -> None:
    lit = scenery.light(np.random.default_rng(3), np.full((64, 64, 3), 100, np.uint8)).astype(float)
    neighbours = np.diff(lit, axis=1)  # the slope of the light between neighbours is nearly 0
    assert neighbours.std() == pytest.approx(4 * np.sqrt(2), rel=0.1)
