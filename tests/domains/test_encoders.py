# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the text encoder, against a twin in plain Python."""

from __future__ import annotations

import collections
import math

import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.domains import encoders, words

_TEXTS = [
    "the crown is red and the red wings are short",
    "a red crown",
    "the bill is long and the crown is red",
    "a bird with short wings",
    "long bill, short wings, short tail",
    "the tail is long",
]


def _phrases(text: str) -> list[str]:
    kept = [word for word in text.replace(",", "").split() if word not in words.STOP_WORDS]
    return [" ".join(kept[i : i + n]) for n in (1, 2, 3) for i in range(len(kept) - n + 1)]


def _twin(texts: list[str], text: str) -> dict[str, float]:
    """Return phrase -> weight: (1 + ln count) (1 + ln((1 + texts) / (1 + texts with it))), of length 1."""
    documents = collections.Counter(phrase for one in texts for phrase in set(_phrases(one)))
    counts = collections.Counter(phrase for phrase in _phrases(text) if documents[phrase] >= 1 + (" " in phrase))
    weights = {
        phrase: (1 + math.log(count)) * (1 + math.log((1 + len(texts)) / (1 + documents[phrase])))
        for phrase, count in counts.items()
    }
    length = math.hypot(*weights.values()) or 1.0
    return {phrase: weight / length for phrase, weight in weights.items()}


def _encoded(encoder: encoders.TfidfEncoder, text: str) -> dict[str, float]:
    row = encoder([text])[0].tolist()
    return {name: value for name, value in zip(encoder.feature_names, row, strict=True) if value}


def test_encoding_by_hand() -> None:
    # "red" is in all three texts: weight 1. "crown" and "red crown" are in two: 1 + ln(4/3); "bill" is in one.
    encoder = encoders.TfidfEncoder.fit([["red crown", "a red crown", "the bill is red"]])
    assert encoder.feature_names == ("bill", "crown", "red", "red crown")
    rare = 1 + math.log(4 / 3)
    expected = np.array([0, rare, 1.0, rare]) / math.sqrt(2 * rare**2 + 1)
    vectors = encoder(["red crown", "red", "bill", "zebra"])
    np.testing.assert_allclose(vectors, [expected, [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize("text", [*_TEXTS, "red red red crown and a red tail", "long long wings"])
def test_encoding_equals_its_twin(text: str) -> None:
    assert _encoded(encoders.TfidfEncoder.fit([_TEXTS]), text) == pytest.approx(_twin(_TEXTS, text), rel=1e-5)


def test_vocabulary_is_of_phrases_in_two_of_the_given_texts_and_of_all_words_of_classes_of_few() -> None:
    documents = collections.Counter(phrase for text in _TEXTS for phrase in set(_phrases(text)))
    expected = {phrase for phrase, count in documents.items() if count >= 2 or " " not in phrase}
    assert set(encoders.TfidfEncoder.fit([_TEXTS]).feature_names) == expected


def test_three_captions_of_a_class_lose_no_word() -> None:
    tiger = ["An orange cat.", "Black stripes all over.", "Large paws."]
    encoder = encoders.TfidfEncoder.fit([tiger, ["A grey wolf", "Grey fur"], ["brown fur"]])
    assert {"orange", "cat", "stripes", "paws", "wolf"} < set(encoder.feature_names)
    assert not any(" " in name for name in encoder.feature_names), "a phrase counts where it is in two texts"


def test_a_word_in_one_of_many_texts_of_a_class_is_left_out() -> None:
    many = [*(f"red crown {number:02d}" for number in range(20)), *(["blue wings"] * 5), "okapi"]
    assert "okapi" not in encoders.TfidfEncoder.fit([many, ["zebra"]]).feature_names
    assert "zebra" in encoders.TfidfEncoder.fit([many, ["zebra"]]).feature_names


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (["लाल गोल"], {"लाल", "गोल"}),
        (["红色方"], {"红", "色", "方", "红色", "色方", "红色方"}),
        (["สีแดง"], {"สี", "แ", "ด", "ง", "สีแ", "แด", "ดง", "สีแด", "แดง"}),
    ],
)
def test_words_of_other_scripts_are_learned(texts: list[str], names: set[str]) -> None:
    assert set(encoders.TfidfEncoder.fit([texts]).feature_names) == names


def test_encoding_texts_teaches_no_word() -> None:
    encoder = encoders.TfidfEncoder.fit([_TEXTS])
    before, names = encoder(_TEXTS), encoder.feature_names
    encoder(["zebra stripes", "zebra stripes"])
    assert encoder.feature_names == names
    np.testing.assert_array_equal(encoder(_TEXTS), before)


@pytest.mark.parametrize("text", ["", "zebra", "the a of with its", "zebra stripes are here"])
def test_unknown_text_gives_zeros(text: str) -> None:
    vector = encoders.TfidfEncoder.fit([_TEXTS])([text])
    assert vector.shape == (1, len(encoders.TfidfEncoder.fit([_TEXTS]).feature_names))
    assert not vector.any()


def test_joining_words_do_not_part_a_phrase() -> None:
    encoder = encoders.TfidfEncoder.fit([["the crown is red", "a crown of red", "crown red"]])
    assert "crown red" in encoder.feature_names
    vectors = encoder(["the crown is red", "crown red", "its crown was a red"])
    np.testing.assert_array_equal(vectors[0], vectors[1])
    np.testing.assert_array_equal(vectors[0], vectors[2])


def test_joining_words_are_no_features() -> None:
    encoder = encoders.TfidfEncoder.fit([_TEXTS])
    assert not {word for name in encoder.feature_names for word in name.split()} & set(words.STOP_WORDS)


def test_phrases_have_at_most_three_words() -> None:
    encoder = encoders.TfidfEncoder.fit([["red crown long bill"] * 2])
    assert {len(name.split()) for name in encoder.feature_names} == {1, 2, 3}
    assert "red crown long" in encoder.feature_names


@pytest.mark.parametrize("phrase", [1, 2, 5])
def test_phrases_have_as_many_words_as_set(phrase: int) -> None:
    encoder = encoders.TfidfEncoder.fit([["red crown long black bill here"] * 2], phrase)
    assert {len(name.split()) for name in encoder.feature_names} == {*range(1, phrase + 1)}


def test_components_are_the_singular_vectors_of_the_weights() -> None:
    encoder = encoders.TfidfEncoder.fit([_TEXTS], components=3)
    weights = encoders.TfidfEncoder.fit([_TEXTS])(_TEXTS)
    left, lengths, _ = np.linalg.svd(weights, full_matrices=False)
    vectors = encoder(_TEXTS)
    assert vectors.shape == (6, 3) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.abs(vectors), np.abs(left[:, :3] * lengths[:3]), atol=1e-5)
    assert encoder.feature_names is None and encoder.name == "TF-IDF in 3 components"
    np.testing.assert_array_equal(encoders.TfidfEncoder.fit([_TEXTS], components=3)(_TEXTS), vectors)


def test_components_of_texts_are_those_of_the_given_ones() -> None:
    encoder = encoders.TfidfEncoder.fit([_TEXTS], components=3)
    before = encoder(_TEXTS)
    np.testing.assert_allclose(encoder([*_TEXTS, "long zebra wings", "zebra"])[:6], before, atol=1e-6)
    np.testing.assert_array_equal(encoder(["zebra"]), np.zeros((1, 3)))


@pytest.mark.parametrize(("texts", "most"), [(_TEXTS, 6), (["red crown", "red", "crown"] * 3, 3)])
def test_components_are_no_more_than_texts_or_phrases(texts: list[str], most: int) -> None:
    encoder = encoders.TfidfEncoder.fit([texts], components=1000)
    assert encoder(texts).shape == (len(texts), most)
    assert encoder.name == f"TF-IDF in {most} components"


_LONG = [" ".join(f"{letter}{number:02d}" for number in range(60)) for letter in "ab"]


@pytest.mark.parametrize("texts", [_LONG, ["the", "of the"], ["?"], []])
def test_texts_that_share_no_word_are_an_error(texts: list[str]) -> None:
    with pytest.raises(errors.UserError, match=f"Received: {len(texts)} texts without such a word"):
        encoders.TfidfEncoder.fit([[text] for text in texts])


def test_unknown_are_the_words_of_unseen_classes_outside_the_vocabulary() -> None:
    encoder = encoders.TfidfEncoder.fit([_TEXTS])
    report = encoder.unknown(_TEXTS, ["A Red bird with the zebra crown", "white zebra"])
    assert report == "3 of 6 words of unseen classes unknown (zebra, white)"


def test_order_of_words_matters_to_phrases_and_case_to_nothing() -> None:
    encoder = encoders.TfidfEncoder.fit([["red crown white wings", "white crown red wings"] * 2])
    a, b, c = encoder(["red crown white wings", "white crown red wings", "RED Crown white WINGS"])
    assert (a != b).any()
    np.testing.assert_array_equal(a, c)


def test_vectors_are_of_unit_length_in_float32() -> None:
    vectors = encoders.TfidfEncoder.fit([_TEXTS])(_TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)


def test_a_text_alone_is_encoded_as_among_others() -> None:
    encoder = encoders.TfidfEncoder.fit([_TEXTS])
    np.testing.assert_array_equal(np.concatenate([encoder([text]) for text in _TEXTS]), encoder(_TEXTS))


def test_vocabulary_is_bounded() -> None:
    texts = [" ".join(f"word{i:04d}" for i in range(1500))] * 2
    assert len(encoders.TfidfEncoder.fit([texts]).feature_names) == 2000


@pytest.mark.parametrize("components", [0, 3])
def test_arrays_make_the_same_encoder(components: int) -> None:
    encoder = encoders.TfidfEncoder.fit([_TEXTS], 2, components)
    again = encoders.TfidfEncoder.from_arrays(encoder.arrays())
    assert (again.name, again.feature_names) == (encoder.name, encoder.feature_names)
    np.testing.assert_array_equal(again(["red crown, zebra", *_TEXTS]), encoder(["red crown, zebra", *_TEXTS]))
    assert again.knows("Red") and not again.knows("zebra")
