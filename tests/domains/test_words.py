# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the words of a text."""

from __future__ import annotations

import pytest

from niwt_tf.domains import words


def test_words_are_of_two_letters_or_more_as_written() -> None:
    assert words.words("A Great-crested bird, 12 cm: its écorce is x.") == [
        "Great", "crested", "bird", "12", "cm", "its", "écorce", "is"
    ]  # fmt: skip


def test_unknown_words_are_counted_each_time_but_for_joining_ones() -> None:
    texts = ["the zorilla is black", "A zorilla with The okapi"]
    assert words.unknown(texts, lambda word: word == "black") == "3 of 4 words unknown (zorilla, okapi)"


def test_no_unknown_word_is_reported_with_the_qualifier() -> None:
    assert words.unknown(["black"] * 1200, lambda word: True, "of eels") == "0 of 1,200 words of eels unknown"


def test_examples_are_the_most_frequent_three() -> None:
    text = "one two two three three four"
    assert words.unknown([text], lambda word: False) == "6 of 6 words unknown (two, three, one and 1 more)"


def test_words_are_checked_as_they_are_written() -> None:
    assert words.unknown(["Red red"], lambda word: word == "Red") == "1 of 2 words unknown (red)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("लाल गोल डिब्बा है।", ["लाल", "गोल", "डिब्बा", "है"]),  # Hindi, whose marks are no letters
        ("أحمَر كبير", ["أحمَر", "كبير"]),  # Arabic with a vowel
        ("می\u200cرود", ["می\u200cرود"]),  # Persian with a joiner
        ("e\u0301corce", ["\u00e9corce"]),  # as macOS writes it
        ("빨간 새", ["빨간", "새"]),
        ("красный круг", ["красный", "круг"]),
        ("红色, 方形USB", ["红", "色", "方", "形", "USB"]),
        ("あかいコーヒー", ["あ", "か", "い", "コ", "ー", "ヒ", "ー"]),
        ("สีน้ำ", ["สี", "น้ำ"]),
        ("ດອກໄມ້", ["ດ", "ອ", "ກ", "ໄ", "ມ້"]),
        ("ផ្កា", ["ផ្កា"]),
        ("ပန်း", ["ပ", "န်", "း"]),
    ],
)
def test_words_are_those_of_any_script(text: str, expected: list[str]) -> None:
    assert words.words(text) == expected


def test_phrases_are_of_words_or_of_letters_without_blanks_between() -> None:
    assert words.phrases("The Red, round DISC", 2) == ["red", "round", "disc", "red round", "round disc"]
    assert words.phrases("红色的。方 red", 2) == ["red", "红", "色", "的", "红色", "色的", "红色的", "方"]
