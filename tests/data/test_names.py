# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of joining classes by name."""

from __future__ import annotations

import unicodedata

import hypothesis
import pytest
from hypothesis import strategies as st

from niwt_tf import errors
from niwt_tf.data import names

_WORDS = st.lists(st.text("abcäé019()'", min_size=1, max_size=5), min_size=1, max_size=4)
_JOINTS = st.text(" \t_+-./", min_size=1, max_size=3)


@st.composite
def _spellings(draw: st.DrawFn) -> tuple[str, str]:
    """Return two spellings of one name."""
    words, spelt = draw(_WORDS), []
    for _ in range(2):
        name = draw(st.sampled_from(["", "_", " "])) + words[0]
        for word in words[1:]:
            name += draw(_JOINTS) + word
        case = draw(st.sampled_from([str.lower, str.upper, str.title, str]))
        form = draw(st.sampled_from(["NFC", "NFD"]))
        spelt.append(unicodedata.normalize(form, case(name)) + draw(st.sampled_from(["", " ", "__"])))
    return spelt[0], spelt[1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("grizzly+bear", "grizzly_bear"),
        ("Grizzly_bear", "grizzly_bear"),
        (" grizzly  bear\t", "grizzly_bear"),
        ("GRIZZLY-BEAR", "grizzly_bear"),
        ("001.Black_footed_Albatross", "001_black_footed_albatross"),
        ("a/abbey", "a_abbey"),
        ("_ant_", "ant"),
        ("e\u0301lan", "\u00e9lan"),
        ("Chuck-will's-widow", "chuck_will's_widow"),
        ("", ""),
    ],
)
def test_normal_forms_by_hand(name: str, expected: str) -> None:
    assert names.normal(name) == expected


@hypothesis.given(_spellings())
def test_spellings_of_one_name_are_one(spellings: tuple[str, str]) -> None:
    first, second = spellings
    assert names.normal(first) == names.normal(second)
    assert names.join([first], [second, "some other"], "the list", "Mend it.") == {first: second}


@hypothesis.given(st.text(max_size=20))
def test_a_normal_form_is_its_own(name: str) -> None:
    assert names.normal(names.normal(name)) == names.normal(name)


@hypothesis.given(st.lists(st.text("ab_ ", max_size=4), unique_by=names.normal, max_size=8), st.data())
def test_join_finds_every_name_in_the_order_wanted(available: list[str], data: st.DataObject) -> None:
    wanted = data.draw(st.lists(st.sampled_from(available), unique=True)) if available else []
    joined = names.join([name.upper() for name in wanted], available, "the list", "Mend it.")
    assert list(joined.items()) == [(name.upper(), name) for name in wanted]


def test_words_that_differ_stay_apart() -> None:
    forms = {names.normal(name) for name in ("polar bear", "polarbear", "polar bears", "polar", "bear polar")}
    assert len(forms) == 5


def test_a_missing_class_is_reported_with_what_is_unmatched() -> None:
    with pytest.raises(errors.UserError) as caught:
        names.join(["Ant", "bee", "cat"], ["ant", "bees", "kat", "dog"], "the list of x", "Mend it.")
    assert str(caught.value) == (
        "Every class must have its name in the list of x. Received: no match for bee, cat. Did you mean 'bees' for "
        "'bee'? Unmatched names there: bees, dog, kat. Mend it."
    )


def test_a_missing_class_is_reported_where_nothing_is_unmatched() -> None:
    with pytest.raises(errors.UserError, match="Received: no match for bee. Mend it.$"):
        names.join(["ant", "bee"], ["ant"], "the list", "Mend it.")


def test_many_missing_classes_are_counted() -> None:
    with pytest.raises(errors.UserError, match="no match for 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more. Unmatched"):
        names.join(map(str, range(12)), ["ant"], "the list", "Mend it.")


def test_a_class_that_is_there_twice_is_reported() -> None:
    with pytest.raises(errors.UserError) as caught:
        names.join(["ant", "polar bear"], ["polar+bear", "ant", "Polar_Bear"], "the list", "Mend it.")
    assert str(caught.value) == (
        "Names of classes must differ by more than case and separators in the list. Received: polar+bear, Polar_Bear. "
        "Keep one of them."
    )


def test_a_class_that_nobody_wants_may_be_there_twice() -> None:
    assert names.join(["ant"], ["ant", "bee", "Bee"], "the list", "Mend it.") == {"ant": "ant"}


def test_a_class_that_is_wanted_twice_is_reported() -> None:
    with pytest.raises(errors.UserError, match="Received: polar bear, Polar-Bear. Keep one of them."):
        names.join(["ant", "polar bear", "Polar-Bear"], ["ant", "polar_bear"], "the list", "Mend it.")


def test_names_that_differ_by_joints_alone_are_found_exactly() -> None:
    names_of_languages = ["C", "C++", "C#", "C--", "A+B", "A-B", ".NET", "NET"]
    joined = names.join(names_of_languages, names_of_languages[::-1], "the list", "Mend it.")
    assert joined == {name: name for name in names_of_languages}


@pytest.mark.parametrize(("wanted", "found"), [("c++", "C++"), ("c", "C"), ("phone s8+", "Phone_S8+")])
def test_a_sign_at_the_end_counts_in_loose_comparison(wanted: str, found: str) -> None:
    available = ["C", "C++", "Phone S8", "Phone_S8+"]
    assert names.join([wanted], available, "the list", "Mend it.") == {wanted: found}


def test_the_same_name_twice_is_reported() -> None:
    with pytest.raises(errors.UserError, match="Received: ant, ant. Keep one of them."):
        names.join(["ant"], ["ant", "ant"], "the list", "Mend it.")


@pytest.mark.parametrize(("image", "row"), [("grey_box", "gray_box"), ("gray_box", "grey_box")])
def test_a_misspelt_name_is_suggested_though_it_is_wanted_too(image: str, row: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        names.join([image, row, "disc"], [row, "disc"], "the table", "Mend it.")
    assert str(caught.value) == (
        f"Every class must have its name in the table. Received: no match for {image}. Did you mean {row!r} for "
        f"{image!r}? Mend it."
    )


def test_sources_are_merged_exactly_and_else_loosely() -> None:
    merged = names.merge([["C", "C++", "polar bear"], ["C++", "c", "Polar_Bear", "wasp"], ["WASP"]])
    assert merged == {
        "C": "C", "C++": "C++", "polar bear": "polar bear", "c": "C", "Polar_Bear": "polar bear", "wasp": "wasp",
        "WASP": "wasp",
    }  # fmt: skip


class _Counted(str):
    """A text that counts how often one of them is compared."""

    __slots__ = ()
    comparisons = 0

    def __eq__(self, other: object) -> bool:
        _Counted.comparisons += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_many_names_are_not_compared_each_with_each() -> None:
    count = 20_000
    required, available = ([_Counted(f"class {number}") for number in range(count)] for _ in range(2))
    _Counted.comparisons = 0
    assert len(names.join(required, reversed(available), "a table", "Add them.")) == count
    assert _Counted.comparisons < 100 * count, "each with each are 400 million"
