# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the words of a text."""

from __future__ import annotations

from niwt_tf.domains import words


def test_words_are_of_two_letters_or_more_as_written() -> None:
    assert words.words("A Great-crested bird, 12 cm: its écorce is x.") == [
        "Great", "crested", "bird", "12", "cm", "its", "écorce", "is"
    ]  # fmt: skip


def test_unknown_words_are_counted_each_time_but_for_joining_ones() -> None:
    texts = ["the zorilla is black", "A zorilla with The okapi"]
    assert words.unknown(texts, lambda word: word == "black") == "3 of 4 words unknown (zorilla, okapi)"


def test_no_unknown_word_is_told_too_and_whose_words_they_are() -> None:
    assert words.unknown(["black"] * 1200, lambda word: True, "of eels") == "0 of 1,200 words of eels unknown"


def test_examples_are_the_most_frequent_three() -> None:
    text = "one two two three three four"
    assert words.unknown([text], lambda word: False) == "6 of 6 words unknown (two, three, one and 1 more)"


def test_words_are_asked_for_as_they_are_written() -> None:
    assert words.unknown(["Red red"], lambda word: word == "Red") == "1 of 2 words unknown (red)"
