# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of `parts`."""

import pytest

from niwt_tf import errors
from niwt_tf.domains import parts

_CHAIRS = [
    ["The seat is soft and black.", "It has thin steel legs.", "The back is high."],
    ["Four black legs of oak.", "A round seat of oak!", "Its back is low, and its arms are black."],
    ["The back is woven from black straw.", "A seat of straw.", "Short legs."],
]
_NAMED = [["Head: red", "upper Wings: black"], ["head: blue", "upper wing: white"], ["head : green", "a small bird"]]


def test_parts_are_words_of_one_sentence_of_most_classes() -> None:
    # black is in most classes, too, but covers nothing new
    assert set(parts.find(2 * _CHAIRS)) == set(parts.find(_CHAIRS, must_cover=False)) == {"back", "leg", "seat"}
    assert parts.find(_CHAIRS) == ()  # too few classes


def test_parts_are_named_before_a_colon_where_most_lines_are() -> None:
    assert parts.find(_NAMED) == ("head", "upper wing")
    assert parts.find([["red"], ["head: red", "blue"], ["green"]]) == ()


def test_texts_of_no_structure_have_no_parts_unless_asked_for() -> None:
    places = ("woods", "rivers", "caves", "towns", "fields", "dunes")
    loose = [[place, f"{place} {place[::-1]}", "The tail is long.", "A big head."] for place in places]
    assert parts.find(loose) == ()
    assert set(parts.find(loose, must_cover=False)) == {"head", "tail"}
    assert parts.find([["a red bird"], ["a blue bird"]], must_cover=False) == ()


def test_sentences_go_to_the_part_that_they_have_first() -> None:
    texts = [
        "The wings are black. Its head and wings shine.",
        "Tail: long and HEAD-like",
        "It sings.",
        "upper wings: grey",
    ]
    assert parts.group(texts, ("head", "wing", "tail", "upper wing")) == {
        "head": ["Its head and wings shine."],
        "wing": ["The wings are black."],
        "tail": ["long and HEAD-like"],
        "upper wing": ["grey"],
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three", ["One.", "Two!", "Three"]),
        ("Length: 4.3 in. a few", ["Length: 4.3 in. a few"]),
        ('He said "no." Then', ['He said "no.', "Then"]),
        ("黑色。白色", ["黑色。", "白色"]),
        ("  ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert parts.sentences([text]) == expected


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["head: red", "Heads: blue"], "must name each part once.*Received: head twice or more for 'okapi'"),
        (["head:", "tail: long"], "must describe each part that it names.*Received: nothing behind head: of 'okapi'"),
        (["head: red, not red"], "must not contradict itself.*red both said and denied of head for 'okapi'"),
        (["head: bright red, without spots, not red"], "must not contradict itself.*red both said and denied"),
        (["The head is not red.", "The head is red."], "must not contradict itself"),
    ],
)
def test_bad_descriptions_are_refused(texts: list[str], message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        parts.require_described_once(texts, ("head", "tail"), "okapi", "captions")
        parts.require_consistent(texts, ("head", "tail"), "okapi", "captions")


def test_good_descriptions_pass() -> None:
    texts = ["The head is red, the tail is not red.", "head: small, no crest"]
    parts.require_described_once(texts, ("head", "tail"), "okapi", "captions")
    parts.require_consistent(texts, ("head", "tail"), "okapi", "captions")
