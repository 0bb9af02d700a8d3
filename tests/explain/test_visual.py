# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the maps: Grad-CAM by hand, what is no map, peaks between positions, and the box round the maximum."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies
from hypothesis.extra import numpy as hypothesis_numpy

from niwt_tf.explain import visual
from niwt_tf.method import importance

_ANY = hypothesis_numpy.arrays(np.float32, (2, 3, 4), elements=strategies.floats(width=32))
_EMPTY = [np.zeros((1, 2, 3)), np.full((1, 2, 3), -2.0), np.full((1, 2, 3), np.nan)]
_NAMES = ["zero", "negative", "nan"]


def test_grad_cam_by_hand() -> None:
    # Two neurons at two positions: 2 * 1 - 3 * 1 is below 0, 2 * 4 - 3 * 2 is 2.
    activations = tf.constant([[[[1.0, 1.0], [4.0, 2.0]]]])
    np.testing.assert_array_equal(visual.grad_cam(activations, tf.constant([[2.0, -3.0]])), [[[0, 2]]])


def test_each_image_has_its_own_importances() -> None:
    activations = tf.constant(np.eye(2, dtype=np.float32).reshape(1, 1, 2, 2).repeat(2, 0))
    maps = visual.grad_cam(activations, tf.constant([[3.0, -1.0], [0.5, 7.0]]))
    np.testing.assert_array_equal(maps, [[[3, 0]], [[0.5, 7]]])


def test_grad_cam_of_a_pooled_linear_head_is_its_class_activation_map() -> None:
    # B. Zhou et al., CVPR 2016: relu(A W) over the H W positions.
    rng = np.random.default_rng(0)
    activations, kernel = rng.random((5, 4, 2, 3)).astype(np.float32), rng.normal(size=(3, 6)).astype(np.float32)
    labels = np.array([5, 0, 3, 3, 1])
    values = importance.importances(
        lambda a: tf.reduce_mean(a, (1, 2)), tf.constant(activations), tf.constant(kernel.T[labels])
    )
    expected = np.stack([np.maximum(a @ kernel[:, label], 0) / 8 for a, label in zip(activations, labels, strict=True)])
    assert (expected == 0).any() and (expected > 0).any()
    np.testing.assert_allclose(visual.grad_cam(tf.constant(activations), values), expected, rtol=1e-5, atol=1e-7)


def test_normalise_by_hand() -> None:
    maps = visual.normalise(np.array([[[4.0, -1.0], [1.0, np.nan]], [[0.5, 0.25], [-np.inf, np.inf]]]))
    np.testing.assert_array_equal(maps, [[[1, 0], [0.25, 0]], [[1, 0.5], [0, 0]]])
    assert maps.dtype == np.float32


@pytest.mark.parametrize("maps", _EMPTY, ids=_NAMES)
def test_an_empty_map_is_zeros_has_no_peak_and_focuses_on_the_whole(maps: np.ndarray) -> None:
    np.testing.assert_array_equal(visual.normalise(maps), np.zeros((1, 2, 3)))
    np.testing.assert_array_equal(visual.peaks(maps), [[np.nan, np.nan]])
    assert visual.focus_box(maps[0]) == (0, 0, 1, 1)


def test_no_maps_stay_none() -> None:
    assert visual.normalise(np.zeros((0, 2, 3))).shape == (0, 2, 3)
    assert visual.peaks(np.zeros((0, 2, 3))).shape == (0, 2)


@hypothesis.given(_ANY)
def test_whatever_a_map_holds_it_is_normalised_into_0_to_1(maps: np.ndarray) -> None:
    normalised = visual.normalise(maps)
    assert ((normalised >= 0) & (normalised <= 1)).all()
    assert set(normalised.max((1, 2)).tolist()) <= {0.0, 1.0}


def test_upsample_keeps_a_level_and_which_side_is_higher() -> None:
    np.testing.assert_allclose(visual.upsample(np.full((1, 2, 3), 0.5), 12), np.full((1, 12, 12), 0.5), rtol=1e-5)
    large = visual.upsample(np.array([[[0.0, 1.0]], [[1.0, 0.0]]]), 8)
    assert large.dtype == np.float32 and large.min() == 0
    assert (np.diff(large[0, 3, 1:7]) > 0).all()
    np.testing.assert_allclose(large[1], large[0][:, ::-1], atol=1e-6)


def test_peak_lies_in_the_middle_of_a_position_with_equal_neighbours() -> None:
    maps = np.zeros((1, 5, 4))
    maps[0, 3, 1] = 2
    np.testing.assert_allclose(visual.peaks(maps), [[3.5 / 5, 1.5 / 4]])


def test_peak_moves_to_the_higher_neighbour() -> None:
    # The parabola y = 4 - (x - 0.25)^2 at -1, 0 and 1; down as well as right.
    rise = 4 - (np.arange(-1, 2) - 0.25) ** 2
    maps = np.zeros((2, 3, 5))
    maps[0, 1, 1:4] = rise
    maps[1, :, 2] = rise
    np.testing.assert_allclose(visual.peaks(maps), [[1.5 / 3, 2.75 / 5], [1.75 / 3, 2.5 / 5]])


def test_peak_of_two_equal_neighbours_lies_between_them() -> None:
    np.testing.assert_allclose(visual.peaks(np.array([[[0.0, 3.0, 3.0, 0.0]]])), [[0.5, 0.5]])


def test_peak_at_the_edge_stays_in_the_middle_of_its_position() -> None:
    # Beyond the edge there is no neighbour that a parabola could go through.
    maps = np.zeros((2, 4, 4))
    maps[0, 0, 0], maps[0, 1, 0] = 3, 2
    maps[1, 3, 3] = 1
    np.testing.assert_allclose(visual.peaks(maps), [[0.125, 0.125], [0.875, 0.875]])


def test_peak_of_one_position_is_the_middle_of_the_image() -> None:
    np.testing.assert_allclose(visual.peaks(np.array([[[3.0]]])), [[0.5, 0.5]])


def test_peak_is_that_of_the_numbers_in_a_map() -> None:
    maps = np.array([[[np.nan, 0.0, 0.0], [0.0, 0.0, 5.0]]])
    np.testing.assert_allclose(visual.peaks(maps), [[0.75, 2.5 / 3]])


@hypothesis.given(hypothesis_numpy.arrays(np.float64, (1, 4, 5), elements=strategies.floats(0, 1e6)))
def test_peak_is_within_its_position(maps: np.ndarray) -> None:
    hypothesis.assume(maps.max() > 0)
    row, column = np.unravel_index(maps[0].argmax(), (4, 5))
    ((down, right),) = visual.peaks(maps) * [4, 5]
    assert row - 1e-9 <= down <= row + 1 + 1e-9 and column - 1e-9 <= right <= column + 1 + 1e-9


def test_focus_box_by_hand() -> None:
    # The 4 and the 3 below it exceed half of 4; the 3 in the corner does, too, but touches them not; the 2 does not.
    values = np.array([[0.0, 4.0, 2.0, 0.0], [0.0, 3.0, 0.0, 0.0], [0.0, 0.0, 0.0, 3.0]])
    assert visual.focus_box(values) == pytest.approx((0, 1 / 4, 2 / 3, 2 / 4))
    assert visual.focus_box(values, share=0.4) == pytest.approx((0, 1 / 4, 2 / 3, 3 / 4))
    assert visual.focus_box(values, share=0.9) == pytest.approx((0, 1 / 4, 1 / 3, 2 / 4))


def test_focus_box_of_a_level_map_is_the_whole() -> None:
    assert visual.focus_box(np.full((2, 3), 7.0)) == (0, 0, 1, 1)
