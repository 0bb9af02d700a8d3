# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from niwt_tf import choice

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


@pytest.mark.parametrize("scores", [[], [float("nan")]])
def test_nothing_to_choose_from_is_an_error(scores):
    with pytest.raises(ValueError, match="`scores` must hold a number"):
        choice.first_best(scores)
