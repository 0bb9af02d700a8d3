# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of how a model reads a description."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.domains import description, encoders, knowledge, word_vectors

_TEXTS = ["a red crown", "the crown is red", "blue wings", "wings of blue"]
_TABLE = np.array([[1, 0, 10], [0, 1, 30]], np.float32)
_NAMES = ("stripes", "horns", "fur")


def _knowledge(*slices: knowledge.DomainSlice, factor: float = 1.0) -> knowledge.DomainKnowledge:
    """Two seen classes and an unseen one, described by attributes, texts, or both."""
    vectors, names = [], []
    for one in slices:
        if one.encoder:
            vectors.append(one.encoder(["red crown", "blue wings", "red"]) * np.float32(one.factor))
            names += list(one.encoder.feature_names)
        else:
            vectors.append(np.concatenate([_TABLE, [[0, 0, 0]]]) * np.float32(one.factor))
            names += list(_NAMES)
    joined = np.concatenate(vectors, axis=1).astype(np.float32)
    return knowledge.DomainKnowledge(joined, tuple(names), ("ant", "bee", "cow"), "by hand", slices)


def _captions() -> knowledge.DomainSlice:
    encoder = encoders.TfidfEncoder.fit([_TEXTS])
    return knowledge.DomainSlice("captions", len(encoder.feature_names), 0.5, encoder)


def _read(text: description.Description, *slices: knowledge.DomainSlice) -> description.Reading:
    return description.read(text, _knowledge(*slices), 2, "tfidf")


def test_attributes_are_read_as_the_table_has_them() -> None:
    zebra = description.Description("zebra", attributes=("horns", "fur: 20"))
    reading = _read(zebra, knowledge.DomainSlice("attributes", 3))
    np.testing.assert_array_equal(reading.vector, np.float32([0, 1, 20]))
    assert reading.understood == (("fur", 20), ("horns", 1)) and reading.unknown == ()


def test_captions_are_the_mean_of_their_encoding_in_the_models_own_unit() -> None:
    captions = _captions()
    texts = ("A red zorilla", "  ", "blue and red")
    reading = _read(description.Description("zebra", captions=texts), captions)
    expected = captions.encoder([texts[0], texts[2]]).mean(0)
    np.testing.assert_array_equal(reading.vector, expected * np.float32(0.5))
    assert reading.understood[0] == ("red", pytest.approx(float(expected.max())))
    assert dict(reading.understood).keys() == {"red", "blue"}
    assert reading.unknown == ("zorilla",)


def test_both_domains_are_put_one_after_the_other() -> None:
    zebra = description.Description("zebra", attributes=("stripes:50%",), captions=("red",))
    slices = knowledge.DomainSlice("attributes", 3, 0.1), _captions()
    vector = _read(zebra, *slices).vector
    np.testing.assert_allclose(vector[:3], [0.05, 0, 2])
    np.testing.assert_array_equal(vector[3:], slices[1].encoder(["red"])[0] * np.float32(0.5))


def test_documents_may_be_encoded_by_word_vectors_from_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("3 2\nred 1 0\ncrown 0 1\nblue 0.5 0.5\n", "utf-8")
    zebra = description.Description("zebra", documents=("red crown, red zorilla",))
    known_classes = knowledge.DomainKnowledge(
        np.ones((3, 2), np.float32), ("a", "b"), ("ant", "bee", "cow"), "", (knowledge.DomainSlice("documents", 2),)
    )
    reading = description.read(zebra, known_classes, 2, f"word2vec:{path}")
    np.testing.assert_array_equal(reading.vector, word_vectors.WordVectors(path)(["red crown, red zorilla"])[0])
    assert reading.understood == (("red", 2), ("crown", 1)) and reading.unknown == ("zorilla",)


@pytest.mark.parametrize(
    ("fields", "domains", "message"),
    [
        (
            {"captions": ("okapi zorilla okapi",)},
            "captions",
            "`captions` must contain words that the model knows. Received: only unknown words: okapi, zorilla. Use "
            "words that occur in the descriptions the model was trained with.",
        ),
        (
            {},
            "captions",
            "A new class must be described in the domains of the model: captions. Received: an empty description for "
            "'zebra'. Give captions, and no other description.",
        ),
        ({"captions": ("  ", "")}, "captions", "Received: an empty description for 'zebra'."),
        (
            {"captions": ("red",)},
            "attributes",
            "of the model: attributes. Received: captions for 'zebra'. Give attributes, and no other description.",
        ),
        (
            {"captions": ("red",)},
            "documents",
            "of the model: documents. Received: captions for 'zebra'. Give document_file, and no other description.",
        ),
        (
            {"captions": ("red",)},
            "attributes+captions",
            "of the model: attributes and captions. Received: captions for 'zebra'. Give attributes and captions",
        ),
        (
            {"captions": ("red",)},
            "sentences",
            "`domain` must be one in which a user can describe new classes: attributes, captions or documents. "
            "Received: a model whose classes are described by sentences.",
        ),
    ],
)
def test_mistakes_are_reported(fields: dict[str, tuple[str, ...]], domains: str, message: str) -> None:
    slices = [
        _captions() if domain == "captions" else knowledge.DomainSlice(domain, 3) for domain in domains.split("+")
    ]
    with pytest.raises(errors.UserError, match=re.escape(message)):
        _read(description.Description("zebra", **fields), *slices)


def _two_encoders(path: Path) -> tuple[knowledge.DomainSlice, knowledge.DomainSlice]:
    path.write_text("3 2\nred 1 0\ncrown 0 1\nokapi 0.5 0.5\n", "utf-8")
    fitted = encoders.TfidfEncoder.fit([_TEXTS])
    return (
        knowledge.DomainSlice("captions", len(fitted.feature_names), 1.0, fitted, "tfidf"),
        knowledge.DomainSlice("captions", 2, 0.5, None, f"word2vec:{path}"),
    )


def _read_by_two(texts: tuple[str, ...], path: Path) -> tuple[description.Reading, int]:
    slices = _two_encoders(path)
    size = sum(one.size for one in slices)
    names = tuple(f"name {number}" for number in range(size))
    seen = knowledge.DomainKnowledge(np.ones((3, size), np.float32), names, ("ant", "bee", "cow"), "", slices)
    return description.read(description.Description("zebra", captions=texts), seen, 2, "hub:unused"), slices[0].size


def test_each_slice_is_read_by_its_own_encoder(tmp_path: Path) -> None:
    reading, first = _read_by_two(("red crown",), tmp_path / "v.txt")
    np.testing.assert_array_equal(reading.vector[:first], encoders.TfidfEncoder.fit([_TEXTS])(["red crown"])[0])
    np.testing.assert_array_equal(reading.vector[first:], [0.25, 0.25])


def test_a_word_that_one_of_the_encoders_knows_is_enough(tmp_path: Path) -> None:
    reading, first = _read_by_two(("okapi",), tmp_path / "v.txt")
    assert not reading.vector[:first].any() and reading.vector[first:].any()
    with pytest.raises(errors.UserError, match="Received: only unknown words: zorilla"):
        _read_by_two(("zorilla",), tmp_path / "v.txt")
