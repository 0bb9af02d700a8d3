# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the pictures: what an overlay leaves, how texts are broken, and how large things are."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies
from PIL import Image, ImageFont

from niwt_tf.explain import drawing

_FONT = ImageFont.load_default(15)
_PAPER, _BAR = (255, 255, 255), (0xC2, 0xD7, 0xEE)


def _image(size: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (size, size, 3), np.uint8)


@pytest.mark.parametrize("level", [0.0, -3.0, np.nan])
def test_overlay_of_an_empty_map_is_the_image(level: float) -> None:
    image = _image()
    np.testing.assert_array_equal(drawing.overlay(image, np.full((4, 4), level)), image)


def test_overlay_leaves_the_image_where_the_map_is_0() -> None:
    image, values = _image(), np.zeros((8, 8))
    values[:, 0] = 5  # columns 0 to 3 of the image, smoothed over two more positions
    drawn = np.asarray(drawing.overlay(image, values))
    np.testing.assert_array_equal(drawn[:, 12:], image[:, 12:])
    assert (drawn[:, :4] != image[:, :4]).any(axis=2).all()


def test_overlay_is_brightest_where_the_map_is_highest_whatever_its_scale() -> None:
    image, values = np.zeros((32, 32, 3), np.uint8), np.arange(16.0).reshape(1, 16) ** 2
    drawn = np.asarray(drawing.overlay(image, values))
    assert (np.diff(drawn[16, 16:, 1].astype(int)) >= 0).all()  # from red to yellow green grows
    np.testing.assert_array_equal(drawn[16, -1], np.rint(0.8 * np.array([0xFF, 0xE9, 0x5C])))
    np.testing.assert_array_equal(drawing.overlay(image, 1e6 * values), drawn)


def test_overlay_does_not_change_its_arguments() -> None:
    image, values = _image(), np.eye(4)
    drawing.overlay(image, values)
    np.testing.assert_array_equal(image, _image())
    np.testing.assert_array_equal(values, np.eye(4))


def test_wrap_by_hand() -> None:
    width = int(_FONT.getlength("a red bird"))
    assert drawing.wrap("a red bird with a long bill", _FONT, width + 1) == ["a red bird", "with a", "long bill"]
    assert drawing.wrap("  a\n bird ", _FONT, width) == ["a bird"]
    assert drawing.wrap(" ", _FONT, width) == []


def test_wrap_breaks_a_word_that_is_too_wide() -> None:
    width = int(_FONT.getlength("mmmm")) + 1
    assert drawing.wrap("a mmmmmmmmmm b", _FONT, width) == ["a", "mmmm", "mmmm", "mm b"]


def test_wrap_leaves_a_letter_whole() -> None:
    assert drawing.wrap("Ww m", _FONT, 1) == ["W", "w", "m"]


@hypothesis.given(strategies.text(strategies.sampled_from("aimW -é"), max_size=60), strategies.integers(20, 90))
def test_no_line_is_wider_and_no_letter_is_lost(text: str, width: int) -> None:
    lines = drawing.wrap(text, _FONT, width)
    assert all(_FONT.getlength(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(text.split())


@pytest.mark.parametrize(("count", "width"), [(0, 20), (1, 20), (3, 68)])
def test_strip_sizes(count: int, width: int) -> None:
    drawn = drawing.strip([_image(8)] * count, 20)
    assert (drawn.mode, drawn.size) == ("RGB", (width, 20))


def test_strip_shows_crops_in_their_order_with_paper_between() -> None:
    crops = [np.full((size, size, 3), level, np.uint8) for size, level in ((8, 10), (20, 20), (50, 30))]
    drawn = np.asarray(drawing.strip(crops, 20))
    for place, level in enumerate((10, 20, 30)):
        assert (drawn[:, place * 24 : place * 24 + 20] == level).all()
    assert (drawn[:, [20, 23, 44, 47]] == 255).all()
    crop = _image(20)
    np.testing.assert_array_equal(drawing.strip([crop], 20), crop)
    assert (np.asarray(drawing.strip([], 20)) == 255).all()


def _panel(drawn: Image.Image) -> np.ndarray:
    return np.asarray(drawn)[16:-16, 3 * 16 + 2 * 256 : -16]


def test_picture_shows_the_image_the_map_and_the_words() -> None:
    image = np.full((64, 64, 3), 90, np.uint8)
    values = np.zeros((4, 4))
    values[0, 0] = 1
    drawn = drawing.picture(image, values, "Prediction: auk", ["truly: auk"], [("red bill", 0.8), ("blue", 0.4)])
    assert drawn.size == (16 * 4 + 256 * 2 + 320, 256 + 32)
    pixels = np.asarray(drawn)
    assert (pixels[16:272, 16:272] == 90).all()
    overlaid = pixels[16:272, 288:544]
    assert (overlaid[:32, :32] != 90).any(axis=2).all() and (overlaid[192:, 192:] == 90).all()
    bars = (_panel(drawn) == _BAR).all(2).sum(1)
    longest, half = bars.max(), np.unique(bars[bars > 0]).min()
    assert longest == 320
    assert 0 < half <= 160  # letters cover some of it


def test_picture_grows_with_its_words() -> None:
    image, values = _image(64), np.eye(4)
    few = drawing.picture(image, values, "auk", [], [])
    many = drawing.picture(image, values, "auk", ["a rather long note on the runner-up " * 3] * 9, [("red", 0.5)] * 9)
    assert few.width == many.width and few.height == 256 + 32 < many.height
    assert (_panel(few) != _PAPER).any()
    assert not (_panel(few) == _BAR).all(2).any()


def test_reasons_without_strength_have_no_bar() -> None:
    drawn = drawing.picture(_image(64), np.eye(4), "auk", [], [("red", 0.0), ("blue", -0.5)])
    assert not (_panel(drawn) == _BAR).all(2).any()
