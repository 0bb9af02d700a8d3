# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of `part_vectors`, and of reading a new class's description by part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import niwt_tf
from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.domains import description, knowledge, part_vectors, texts

_SEEN = {
    "wren": ["head: brown", "tail: short, brown"],
    "crow": ["head: black", "tail: long black"],
    "swan": ["head: white"],
}
_NEW = {"jay": ["tail: long brown", "head: zorilla"]}


def _encode(text_parts: str = "auto") -> list:
    by_class = _SEEN | _NEW
    config = config_lib.DomainConfig(domain="captions", text_parts=text_parts)
    return texts.encode(list(by_class.values()), "captions", list(by_class), len(_SEEN), config)


def test_each_part_has_its_own_words_and_missing_ones_are_the_mean() -> None:
    head, tail = _encode()
    assert (head.part, tail.part) == ("head", "tail")
    assert head.feature_names == ("head: black", "head: brown", "head: white")
    assert tail.feature_names == ("tail: black", "tail: brown", "tail: long", "tail: short")
    np.testing.assert_allclose(
        head.vectors, [[0, 1, 0], [1, 0, 0], [0, 0, 1], [1 / 3] * 3], rtol=1e-6
    )  # jay's is unknown
    wren, crow, jay = np.array([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 1, 0]]) / np.sqrt(2)
    np.testing.assert_allclose(tail.vectors, [wren, crow, (wren + crow) / 2, jay], rtol=1e-6)
    assert head.source == "by part: head, tail; 2 of 8 imputed, 1 of 3 words of unseen classes unknown (zorilla)"
    assert head.known_words == pytest.approx((1, 1, 1, 0.5))


def test_whole_texts_on_demand() -> None:
    (whole,) = _encode("off")
    assert whole.part == ""
    with pytest.raises(errors.UserError, match="text_parts='on'` requires texts that speak of parts"):
        texts.encode([["red"], ["blue"]], "captions", ["ant", "bee"], 2, config_lib.DomainConfig(text_parts="on"))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["head: red", "Head: blue", "tail: long"],
            "`captions` must name each part once.*head twice or more for 'crow'",
        ),
        (["head: red", "tail: "], "`captions` must describe each part that it names.*nothing behind tail: of 'crow'"),
    ],
)
def test_bad_lines_are_refused(lines: list[str], message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        niwt_tf.encode_captions(_SEEN | {"crow": lines})


def test_presence_counts_each_word_once() -> None:
    encoder = part_vectors.presence_encoder([["red red crown"], ["blue"]])
    np.testing.assert_allclose(
        encoder(["red crown", "blue", "zorilla"]), [[0, 0.5**0.5, 0.5**0.5], [1, 0, 0], [0, 0, 0]]
    )


def _read(lines: tuple[str, ...], path: Path) -> description.Reading:
    """Read a description of a new class by a model that was saved and loaded."""
    niwt_tf.encode_captions(_SEEN).save(path / "knowledge.npz")
    loaded = knowledge.DomainKnowledge.load(path / "knowledge.npz")
    assert loaded.blocks == ((3, 4),)
    return description.read(description.Description("jay", captions=lines), loaded, 3, "tfidf")


def test_a_new_class_is_read_by_part_and_imputed_parts_are_told(tmp_path: Path) -> None:
    reading = _read(("Its tail is long and brown.",), tmp_path)
    known = niwt_tf.encode_captions(_SEEN)
    np.testing.assert_allclose(reading.vector[:3], known.vectors[:, :3].mean(0), rtol=1e-6)
    factor = known.slices[1].factor
    np.testing.assert_allclose(reading.vector[3:], np.array([0, 1, 1, 0]) / np.sqrt(2) * factor, rtol=1e-6)
    assert reading.imputed == ("head",)
    assert dict(reading.understood).keys() == {"tail: long", "tail: brown"}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("It sings.",), "must describe one of the model's parts, head, tail,.*Received: none of them"),
        (("head: zorilla",), "unknown words: zorilla"),
        (("head: red", "head: blue"), "must name each part once"),
        (("tail: long, not long",), "must not contradict itself. Received: long both said and denied of tail"),
    ],
)
def test_bad_descriptions_of_new_classes_are_refused(lines: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match=message):
        _read(lines, tmp_path)


def test_parts_may_be_encoded_by_word_vectors_and_words_together(tmp_path: Path) -> None:
    words = {"brown": "1 0", "black": "0 1", "white": "1 1", "short": "1 0", "long": "0 2"}
    path = tmp_path / "words.txt"
    path.write_text("".join(f"{word} {numbers}\n" for word, numbers in words.items()), "utf-8")
    config = config_lib.DomainConfig(domain="captions", text_encoder=f"tfidf+word2vec:{path}")
    slices = texts.encode(list(_SEEN.values()), "captions", list(_SEEN), 3, config)
    assert [(one.part, one.text_encoder.partition(":")[0]) for one in slices] == [
        (part, name) for name in ("tfidf", "word2vec") for part in ("head", "tail")
    ]
    assert slices[2].feature_names == ("head: 0", "head: 1") and np.isfinite(slices[3].vectors).all()
    joined = knowledge.join({"captions": slices}, list(_SEEN), 3)
    assert joined.blocks == ((3, 4), (2, 2))
