# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from niwt_tf.numerics import choice

_SCORES = st.lists(st.floats(-1, 1), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("scores", "tolerance", "expected"),
    [
        ([0.1, 0.5, 0.5], 0.0, 1),
        ([0.4999, 0.1, 0.5], 0.001, 0),
        ([0.4989, 0.4995, 0.5], 0.001, 1),
        ([0.5], 0.0, 0),
        ([float("nan"), 0.2, 0.1], 0.0, 1),
        ([-np.inf, -np.inf], 0.001, 0),
    ],
)
def test_by_hand(scores, tolerance, expected):
    assert choice.first_best(scores, tolerance) == expected


@given(_SCORES, st.lists(st.floats(-4e-4, 4e-4), min_size=8, max_size=8))
def test_rounding_does_not_decide_between_equal_scores(scores, noise):
    equal = np.full(len(scores), scores[0])
    assert choice.first_best(equal + noise[: len(equal)]) == 0


@given(_SCORES)
def test_no_score_is_lost_but_the_tolerance(scores):
    assert scores[choice.first_best(scores)] >= max(scores) - choice.TOLERANCE


@pytest.mark.parametrize("images", [3, 10, 200, 1000, 5000])
def test_no_difference_of_shares_of_images_lies_at_the_edge(images):
    shares = np.arange(images + 1) / images
    assert np.abs(shares - choice.TOLERANCE).min() > 1e-9


@pytest.mark.parametrize(
    ("loss", "lowest", "expected"),
    [(1, np.inf, True), (0.9, 1, True), (1, 1, False), (1 - 1e-5, 1, False), (2, 1, False), (np.nan, 1, False)],
)
def test_a_gain_by_hand(loss, lowest, expected):
    assert choice.gains(loss, lowest) == expected


def test_what_rounding_tells_apart_is_tied_by_hand():
    values = [[1, 3, 1 + 1e-6, 2], [-1000, 0, 1e-3, 1], [0, 0, 0, 0]]
    np.testing.assert_array_equal(choice.tied(values), [[1, 3, 1, 2], [-1000, 0, 0, 1], [0, 0, 0, 0]])
    assert choice.tied(np.zeros((2, 0))).shape == (2, 0)
    np.testing.assert_array_equal(choice.tied([np.nan, 1, 1 + 1e-9]), [np.nan, 1, 1 + 1e-9])


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=8), st.lists(st.floats(-1e-6, 1e-6), min_size=8, max_size=8))
def test_a_stable_sort_of_ties_knows_no_rounding(numbers, noise):
    plain = np.array(numbers, float)
    noisy = choice.tied(plain + np.abs(plain).max() * np.array(noise[: len(plain)]))
    np.testing.assert_array_equal(np.argsort(noisy, kind="stable"), np.argsort(plain, kind="stable"))


@pytest.mark.parametrize("scores", [[], [float("nan")]])
def test_nothing_to_choose_from_is_an_error(scores):
    with pytest.raises(ValueError, match="`scores` must hold a number"):
        choice.first_best(scores)
