# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of attributes as a user lists them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from niwt_tf import errors
from niwt_tf.domains import parse_attributes

# Two crowns exclude one another, a crest is there or not, fur and weight are degrees.
_NAMES = ("has_crown::red", "has_crown::blue", "crest", "fur", "weight")
_SEEN = np.array([[1, 0, 1, 10, 0], [0, 1, 0, 20, 100], [1, 0, 0, 60, 2]], np.float32)


def _read(*items: str) -> np.ndarray:
    return parse_attributes.impute(parse_attributes.parse(items, _NAMES, _SEEN), _NAMES, _SEEN)


def test_unlisted_attributes_are_unknown_or_excluded() -> None:
    np.testing.assert_allclose(_read("fur:5"), [2 / 3, 1 / 3, 0, 5, 34])
    np.testing.assert_allclose(_read("crown: blue"), [0, 1, 0, 30, 34])
    np.testing.assert_allclose(_read("crest", "has_crown::red"), [1, 0, 1, 30, 34])


@pytest.mark.parametrize(
    ("item", "index", "value"),
    [
        ("crest", 2, 1),
        ("crest:0.8", 2, 0.8),
        ("crest: 0", 2, 0),
        ("fur", 3, 60),  # the mean of those that have more of it than usual, 30
        ("fur:33.5", 3, 33.5),
        ("fur:80%", 3, 50),  # 10 + 0.8 (60 - 10)
        ("FUR:-5", 3, -5),
        ("Crown Red", 0, 1),
        ("crown=red:50%", 0, 0.5),
        ("has crown: red:1", 0, 1),
    ],
)
def test_an_item_is_an_attribute_with_or_without_its_number(item: str, index: int, value: float) -> None:
    assert parse_attributes.parse([item], _NAMES, _SEEN) == {index: pytest.approx(value)}


def test_an_attribute_that_is_always_the_same_has_that_value() -> None:
    assert parse_attributes.parse(["tame"], ["tame"], np.ones((3, 1))) == {0: 1}


@pytest.mark.parametrize("item", ["wings", "wings:1", "wings:9", "wings:80%"])
def test_an_attribute_that_no_seen_class_has_stays_as_it_is(item: str) -> None:
    seen = np.array([[0, 1], [0, 0]], np.float32)
    assert parse_attributes.is_constant(seen).tolist() == [True, False]
    assert parse_attributes.parse([item, "fur"], ["wings", "fur"], seen) == {0: 0, 1: 1}
    with pytest.raises(errors.UserError, match="Received: 'wings:many'"):
        parse_attributes.parse(["wings:many"], ["wings", "fur"], seen)


def test_of_one_class_no_attribute_is_left_out() -> None:
    assert not parse_attributes.is_constant(np.array([[0, 1]])).any()


def test_the_same_value_twice_is_one() -> None:
    assert parse_attributes.parse(["crest", "crest:1"], _NAMES, _SEEN) == {2: 1}


def test_only_zeros_and_ones_of_which_each_class_has_one_exclude_each_other() -> None:
    assert parse_attributes.exclusive_groups(_NAMES, _SEEN) == [[0, 1]]
    both = _SEEN.copy()
    both[0, 1] = 1
    assert parse_attributes.exclusive_groups(_NAMES, both) == []
    assert parse_attributes.exclusive_groups(("fur: thin", "fur: thick"), np.array([[0.5, 0.5], [1, 0]])) == []


@given(st.lists(st.sampled_from([*range(5)]), unique=True), st.integers(0, 2))
def test_a_seen_class_listed_whole_is_that_class(order: list[int], row: int) -> None:
    order += [index for index in range(5) if index not in order]
    np.testing.assert_array_equal(_read(*(f"{_NAMES[i]}:{float(_SEEN[row, i])!r}" for i in order)), _SEEN[row])


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (
            ["furr"],
            "`attributes` must be one of has_crown::red, has_crown::blue, crest, fur, weight. Received: "
            "attributes='furr'. Did you mean 'fur'?",
        ),
        (
            ["crest", "crest:0"],
            "`attributes` must give each attribute one value. Received: 'crest:0', but an earlier item gives crest "
            "the value 1. Keep one of them.",
        ),
        (
            ["crown: red", "crown: blue"],
            "`attributes` must not contradict one another. Received: has_crown::red and has_crown::blue, of which "
            "every seen class has exactly one. Keep one of them, or give each a share, such as 50%.",
        ),
        (
            ["crest:7"],
            "`attributes` must have numbers in the table's unit, here 0 to 1, or percentages such as 80%. "
            "Received: 'crest:7'. Values of the seen classes range from 0 to 1.",
        ),
        (
            ["fur:nan"],
            "`attributes` must have numbers in the table's unit, here -100 to 200, or percentages such as 80%. "
            "Received: 'fur:nan'. Values of the seen classes range from 10 to 60.",
        ),
        (["fur:much"], "Received: 'fur:much'."),
        (["fur:%"], "Received: 'fur:%'."),
        (["fur:inf"], "Received: 'fur:inf'."),
        ([f"fur:{'9' * 5_000}"], f"Received: 'fur:{'9' * 94}...{'9' * 99}'. Values of the seen classes"),
        (
            ["crest", f"crest:{'0' * 5_000}"],
            f"Received: 'crest:{'0' * 92}...{'0' * 99}', but an earlier item gives crest the value 1.",
        ),
        (["x" * 5_000], f"Received: attributes='{'x' * 97}...{'x' * 98}'."),
    ],
)
def test_mistakes_are_reported(items: list[str], message: str) -> None:
    with pytest.raises(errors.UserError, match=re.escape(message)):
        parse_attributes.parse(items, _NAMES, _SEEN)


def test_exclusive_attributes_may_share_one() -> None:
    np.testing.assert_allclose(_read("crown: red:50%", "crown: blue:50%")[:2], 0.5)
