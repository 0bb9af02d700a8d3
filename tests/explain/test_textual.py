# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of reasons in words: from scores by hand, from an inverse map, and as sentences."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from niwt_tf import errors
from niwt_tf.explain import textual
from niwt_tf.method import inverse_map
from niwt_tf.numerics import choice

_ATTRIBUTES = ("stripes", "hooves", "wings")


@pytest.fixture(scope="module")
def inverse() -> inverse_map.InverseMap:
    """A map fitted to three classes, each with its own neuron and its own attribute; 1 above the others' 0."""
    return inverse_map.fit(np.eye(3), np.arange(3), np.eye(3), folds=3, seed=0)


def test_best_is_sorted_and_leaves_out_what_is_not_above_the_mean() -> None:
    reasons = textual.best(np.array([0.25, -1.0, 0.5, 0.0]), ("a", "b", "c", "d"))
    assert reasons == (("c", 0.5), ("a", 0.25))


@hypothesis.given(st.lists(st.floats(-1e-6, 1e-6), min_size=5, max_size=5))
def test_rounding_neither_orders_reasons_nor_makes_any(noise: list[float]) -> None:
    reasons = textual.best(np.array([0.0, 0.5, 1.0, 0.5, 1.0]) + noise, ("a", "b", "c", "d", "e"))
    assert [name for name, _ in reasons] == ["c", "e", "b", "d"]


def test_best_takes_no_more_than_count() -> None:
    assert textual.best(np.array([0.1, 0.3, 0.2]), ("a", "b", "c"), 2) == (("b", pytest.approx(0.3)), ("c", 0.2))


def test_best_of_equal_scores_is_the_first() -> None:
    assert [name for name, _ in textual.best(np.ones(3), ("b", "a", "c"), 2)] == ["b", "a"]


@pytest.mark.parametrize("scores", [np.zeros(3), np.full(3, -1.0), np.full(3, np.nan)])
def test_where_nothing_is_above_the_mean_there_is_no_reason(scores: np.ndarray) -> None:
    assert textual.best(scores, ("a", "b", "c")) == ()


def test_a_phrase_that_a_better_one_contains_is_left_out_and_makes_room() -> None:
    names = ("red", "red crown", "crown", "bill", "redder", "long red crown")
    scores = np.array([0.8, 0.9, 0.7, 0.4, 0.5, 0.3])
    reasons = [name for name, _ in textual.best(scores, names, 4)]
    assert reasons == ["red crown", "redder", "bill", "long red crown"]


def test_a_phrase_that_contains_a_better_one_is_kept() -> None:
    assert [name for name, _ in textual.best(np.array([0.9, 0.8]), ("red", "red crown"))] == ["red", "red crown"]


@hypothesis.given(
    st.lists(
        st.tuples(st.text("ab ", min_size=1, max_size=5), st.floats(-1, 1)),
        min_size=1,
        max_size=12,
        unique_by=lambda pair: pair[0],
    ),
    st.integers(1, 5),
)
@hypothesis.example([("aa", 0.99999), ("a", 1.0)], 2)
def test_no_reason_contains_a_later_one(scored: list[tuple[str, float]], count: int) -> None:
    names, scores = zip(*scored, strict=True)
    reasons = textual.best(np.array(scores), names, count)
    assert len(reasons) <= count
    assert all(score > 0 for _, score in reasons)
    ranks = dict(zip(names, choice.tied(np.maximum(scores, 0)), strict=True))
    assert (np.diff([ranks[name] for name, _ in reasons]) <= 0).all()
    for place, (name, _) in enumerate(reasons):
        assert not any(f" {later} " in f" {name} " for later, _ in reasons[place + 1 :])


def test_reasons_are_the_scores_of_the_inverse_map(inverse: inverse_map.InverseMap) -> None:
    both = np.array([[0.0, 7.0, 7.0]])
    scores = inverse(both)[0]
    reasons = textual.reasons(inverse, np.concatenate([np.eye(3), both]), _ATTRIBUTES)
    for image in range(3):
        assert reasons[image] == ((_ATTRIBUTES[image], pytest.approx(2 / 3, abs=1e-5)),)
    assert dict(reasons[3]) == pytest.approx({"hooves": scores[1], "wings": scores[2]}, rel=1e-6)


def test_importances_of_zero_give_no_reason(inverse: inverse_map.InverseMap) -> None:
    assert textual.reasons(inverse, np.zeros((2, 3)), _ATTRIBUTES) == [(), ()]


@pytest.mark.parametrize(
    ("class_name", "features", "rather_than", "expected"),
    [
        ("zebra", ["stripes"], "", "Zebra because of stripes."),
        ("zebra", ["stripes", "hooves"], "horse", "Zebra rather than horse because of stripes and hooves."),
        ("a", ["b", "c", "d", "e"], "", "A because of b, c and d."),
        ("grizzly+bear", [], "polar+bear", "Grizzly bear rather than polar bear, but no feature supports it."),
        ("Fen Wren", ["bill_shape=cone"], "", "Fen Wren because of bill shape: cone."),
        ("001.Black_footed_Albatross", ["has_size::large"], "", "Black footed Albatross because of size: large."),
    ],
)
def test_sentences(class_name: str, features: list[str], rather_than: str, expected: str) -> None:
    assert textual.sentence(class_name, [(name, 1.0) for name in features], rather_than) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("red crown", "red crown"),
        ("crown_color=red", "crown color: red"),
        ("has_bill_shape::curved_(up_or_down)", "bill shape: curved (up or down)"),
        ("attributes: has_stripes", "attributes: has stripes"),
    ],
)
def test_readable(name: str, expected: str) -> None:
    assert textual.readable(name) == expected


def test_class_index_finds_a_class_however_it_is_spelt() -> None:
    assert [textual.class_index(name, ("zebra", "grizzly+bear")) for name in ("Grizzly bear", "zebra")] == [1, 0]


def test_an_unknown_class_is_an_error_that_suggests_the_nearest() -> None:
    message = r"^`class` must be one of horse, zebra\. Received: class='zbra'\. Did you mean 'zebra'\?$"
    with pytest.raises(errors.UserError, match=message):
        textual.class_index("zbra", ("horse", "zebra"))


def test_of_many_classes_the_error_lists_some() -> None:
    with pytest.raises(errors.UserError, match=r"class 9 and 40 more\. Received: class='okapi'\.$"):
        textual.class_index("okapi", [f"class {number}" for number in range(50)])
