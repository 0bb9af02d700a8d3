# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the drawn birds and their ground truth."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from niwt_tf.data.aviary import anatomy, draw, scenery

_BIRD = {
    **{"body_color": "red", "wing_color": "blue", "crown_color": "green", "belly_pattern": "plain"},
    **{"bill_shape": "cone", "tail_shape": "short", "leg_length": "short", "head_crest": "smooth"},
    "wing_bars": "absent",
}
_PART_ID = {part: number for number, part in enumerate(anatomy.PARTS, start=1)}
_SEEDS = range(8)


@functools.cache
def _drawn(seed: int, size: int = 64, **changes: str) -> draw.Drawing:
    return draw.draw({**_BIRD, **changes}, np.random.default_rng(seed), size)


def _pixels(part: str, **changes: str) -> np.ndarray:
    """Return how many pixels the part has in each drawing."""
    return np.array([(_drawn(seed, **changes).segmentation == _PART_ID[part]).sum() for seed in _SEEDS])


def _color(part: str, **changes: str) -> np.ndarray:
    """Return the mean red, green and blue of the part over all drawings."""
    drawings = [_drawn(seed, **changes) for seed in _SEEDS]
    return np.concatenate([d.image[d.segmentation == _PART_ID[part]] for d in drawings]).mean(0)


def _near(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Return the mask with all that is at most so many pixels away."""
    padded = np.pad(mask, pixels)
    shifts = range(2 * pixels + 1)
    return np.any([padded[y : y + len(mask), x : x + len(mask)] for y in shifts for x in shifts], axis=0)


def test_the_same_state_draws_the_same_bytes() -> None:
    a, b = (draw.draw(_BIRD, np.random.default_rng(5)) for _ in range(2))
    assert a.image.tobytes() == b.image.tobytes()
    assert a.segmentation.tobytes() == b.segmentation.tobytes()


def test_another_state_draws_another_picture() -> None:
    rng = np.random.default_rng(5)
    a, b = draw.draw(_BIRD, rng), draw.draw(_BIRD, rng)
    assert (a.image != b.image).any()
    assert (a.segmentation != b.segmentation).any()


@pytest.mark.parametrize("size", [16, 33, 64, 100])
def test_size_is_respected(size: int) -> None:
    drawing = _drawn(0, size)
    assert (drawing.image.shape, drawing.image.dtype) == ((size, size, 3), np.uint8)
    assert (drawing.segmentation.shape, drawing.segmentation.dtype) == ((size, size), np.uint8)


def test_size_changes_the_resolution_alone() -> None:
    small, large = _drawn(0, 32), _drawn(0, 96)
    np.testing.assert_allclose(small.box(), large.box(), atol=2 / 32)
    agree = small.segmentation == large.segmentation[1::3, 1::3]
    assert agree.mean() > 0.95


def test_draw_needs_every_attribute() -> None:
    with pytest.raises(KeyError, match="bill_shape"):
        draw.draw({name: v for name, v in _BIRD.items() if name != "bill_shape"}, np.random.default_rng(0))


@pytest.mark.parametrize("part", anatomy.PARTS)
def test_every_part_is_visible_in_some_drawing(part: str) -> None:
    assert _pixels(part).max() > 0


def test_segmentation_knows_parts_alone() -> None:
    for seed in _SEEDS:
        assert _drawn(seed).segmentation.max() <= len(anatomy.PARTS)
        assert 0.04 < (_drawn(seed).segmentation > 0).mean() < 0.6


def test_birds_look_to_either_side_and_stay_in_the_picture() -> None:
    sides = set()
    for seed in range(16):
        top, left, bottom, right = _drawn(seed).box("body")
        assert 0.1 < (top + bottom) / 2 < 0.9 and 0.1 < (left + right) / 2 < 0.9
        sides.add(bool(_drawn(seed).box("bill")[1] > (left + right) / 2))
    assert sides == {True, False}


@pytest.mark.parametrize("part", [None, *anatomy.PARTS])
def test_boxes_are_the_extent_of_the_segmentation(part: str | None) -> None:
    for seed in _SEEDS:
        drawing = _drawn(seed, 40, tail_shape="fan")
        of_part = [_PART_ID[part]] if part else list(_PART_ID.values())
        found = [(y, x) for y in range(40) for x in range(40) if drawing.segmentation[y, x] in of_part]
        ys, xs = [y for y, _ in found] or [0], [x for _, x in found] or [0]
        expected = np.array([min(ys), min(xs), max(ys) + bool(found), max(xs) + bool(found)]) / 40
        np.testing.assert_allclose(drawing.box(part), expected, atol=1e-12)
        assert 0 <= min(drawing.box(part)) and max(drawing.box(part)) <= 1


def test_box_by_hand() -> None:
    segmentation = np.zeros((10, 10), np.uint8)
    segmentation[2:5, 7:10] = _PART_ID["wing"]
    segmentation[9, 0] = _PART_ID["legs"]
    drawing = draw.Drawing(np.zeros((10, 10, 3), np.uint8), segmentation)
    assert drawing.box("wing") == (0.2, 0.7, 0.5, 1.0)
    assert drawing.box("legs") == (0.9, 0.0, 1.0, 0.1)
    assert drawing.box() == (0.2, 0.0, 1.0, 1.0)
    assert drawing.box("eye") == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("attribute", "part"), [("body_color", "body"), ("wing_color", "wing"), ("crown_color", "crown")]
)
@pytest.mark.parametrize(
    ("color", "strong", "weak"),
    [
        ("red", [0], [1, 2]),
        ("yellow", [0, 1], [2]),
        ("green", [1], [0, 2]),
        ("blue", [2], [0, 1]),
    ],
)
def test_pixels_of_a_part_have_its_color(
    attribute: str, part: str, color: str, strong: list[int], weak: list[int]
) -> None:
    mean = _color(part, **{attribute: color})
    assert mean[strong].min() > mean[weak].max() + 25


@pytest.mark.parametrize(
    ("attribute", "part"), [("body_color", "body"), ("wing_color", "wing"), ("crown_color", "crown")]
)
def test_black_is_dark_white_is_light_and_both_are_grey(attribute: str, part: str) -> None:
    black, white = _color(part, **{attribute: "black"}), _color(part, **{attribute: "white"})
    assert black.max() < 90 < 140 < white.min()
    assert np.ptp(black) < 30 and np.ptp(white) < 40


@pytest.mark.parametrize("part", ["tail", "belly", "head"])
def test_the_body_lends_its_color(part: str) -> None:
    red, blue = _color(part, body_color="red"), _color(part, body_color="blue")
    assert red[0] > blue[0] + 30 and red[2] < blue[2] - 30


@pytest.mark.parametrize(("attribute", "part"), [("wing_color", "wing"), ("crown_color", "crown")])
def test_a_color_changes_its_part_alone(attribute: str, part: str) -> None:
    for seed in _SEEDS:
        before, after = _drawn(seed), _drawn(seed, **{attribute: "yellow"})
        np.testing.assert_array_equal(before.segmentation, after.segmentation)
        changed = (before.image != after.image).any(-1)
        painted = before.segmentation == _PART_ID[part]
        assert changed[painted].mean() > 0.8
        assert not changed[~_near(painted, 2)].any()


@pytest.mark.parametrize(
    ("attribute", "value"), [(name, value) for name, values in anatomy.ATTRIBUTES.items() for value in values]
)
def test_every_value_changes_the_picture(attribute: str, value: str) -> None:
    other = next(v for v in anatomy.ATTRIBUTES[attribute] if v != value)
    for seed in _SEEDS:
        before, after = _drawn(seed, **{attribute: other}), _drawn(seed, **{attribute: value})
        assert (before.image != after.image).any()


@pytest.mark.parametrize(
    ("part", "less", "more"),
    [
        ("tail", {"tail_shape": "short"}, {"tail_shape": "long"}),
        ("tail", {"tail_shape": "long"}, {"tail_shape": "fan"}),
        ("tail", {"tail_shape": "short"}, {"tail_shape": "forked"}),
        ("legs", {"leg_length": "short"}, {"leg_length": "long"}),
        ("crown", {"head_crest": "smooth"}, {"head_crest": "crested"}),
        ("bill", {"bill_shape": "cone"}, {"bill_shape": "broad"}),
    ],
)
def test_a_larger_part_has_more_pixels_in_the_same_pose(part: str, less: dict[str, str], more: dict[str, str]) -> None:
    few, many = _pixels(part, **less), _pixels(part, **more)
    assert (many >= few).all()
    assert many.sum() > 1.15 * few.sum()


def test_a_needle_reaches_further_than_a_cone() -> None:
    def reach(shape: str) -> float:
        boxes = [_drawn(seed, bill_shape=shape).box("bill") for seed in _SEEDS]
        return float(np.mean([right - left for _, left, _, right in boxes]))

    assert reach("needle") > 1.5 * reach("cone")


def test_the_crown_nods_with_the_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenery, "cover", lambda *args: None)

    def center(drawing: draw.Drawing, part: str) -> np.ndarray:
        return np.argwhere(drawing.segmentation == _PART_ID[part]).mean(0)

    drawings = [draw.draw(_BIRD, np.random.default_rng(seed), 128) for seed in _SEEDS]
    to_crown, to_bill = (
        np.array([np.linalg.norm(center(drawing, part) - center(drawing, "eye")) for drawing in drawings])
        for part in ("crown", "bill")
    )
    ratio = to_crown / to_bill  # the same in every pose, but for stretching by up to 8%
    assert np.std(ratio) < 0.1 * np.mean(ratio)


def test_bellies_tell_their_patterns() -> None:
    plain, pale = _color("belly"), _color("belly", belly_pattern="pale")
    assert pale.min() > plain.min() + 50, "a pale belly is lighter"
    for pattern in ("spotted", "barred"):
        assert _color("belly", belly_pattern=pattern).sum() < plain.sum() - 20, "a red belly's marks are dark"
    assert (
        _color("belly", body_color="black", belly_pattern="spotted").sum()
        > _color("belly", body_color="black").sum() + 20
    ), "a black belly's marks are light"


def test_wing_bars_are_light_on_dark_wings_and_dark_on_white_ones() -> None:
    assert _color("wing", wing_bars="present").sum() > _color("wing").sum() + 30
    white = _color("wing", wing_color="white").sum()
    assert _color("wing", wing_color="white", wing_bars="present").sum() < white - 30


def test_segmentation_is_zero_where_something_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = range(20)
    covered = [_drawn(seed).segmentation for seed in seeds]
    monkeypatch.setattr(scenery, "cover", lambda *args: None)
    free = [draw.draw(_BIRD, np.random.default_rng(seed)).segmentation for seed in seeds]
    hidden = [(a != b).sum() for a, b in zip(covered, free, strict=True)]
    for with_cover, without in zip(covered, free, strict=True):
        assert (with_cover[with_cover != without] == 0).all()
    assert 0.2 < np.mean(np.array(hidden) > 0) < 0.8, "some birds are partly covered, some are free"
