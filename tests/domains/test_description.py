# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what a model makes of a description."""

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


def _known(*shares: knowledge.Share, factor: float = 1.0) -> knowledge.DomainKnowledge:
    """Two seen classes and an unseen one, described by attributes, texts, or both."""
    vectors, names = [], []
    for share in shares:
        if share.encoder:
            vectors.append(share.encoder(["red crown", "blue wings", "red"]) * np.float32(share.factor))
            names += list(share.encoder.feature_names)
        else:
            vectors.append(np.concatenate([_TABLE, [[0, 0, 0]]]) * np.float32(share.factor))
            names += list(_NAMES)
    joined = np.concatenate(vectors, axis=1).astype(np.float32)
    return knowledge.DomainKnowledge(joined, tuple(names), ("ant", "bee", "cow"), "by hand", shares)


def _captions() -> knowledge.Share:
    encoder = encoders.TfidfEncoder.fit([_TEXTS])
    return knowledge.Share("captions", len(encoder.feature_names), 0.5, encoder)


def _read(told: description.Description, *shares: knowledge.Share, encoder: str = "tfidf") -> description.Reading:
    return description.read(told, _known(*shares), 2, encoder)


def test_attributes_are_read_as_the_table_has_them() -> None:
    told = description.Description("zebra", attributes=("horns", "fur: 20"))
    reading = _read(told, knowledge.Share("attributes", 3))
    np.testing.assert_array_equal(reading.vector, np.float32([0, 1, 20]))
    assert reading.understood == (("fur", 20), ("horns", 1)) and reading.unknown == ()


def test_captions_are_the_mean_of_their_encoding_in_the_models_own_unit() -> None:
    share = _captions()
    texts = ("A red zorilla", "  ", "blue and red")
    reading = _read(description.Description("zebra", captions=texts), share)
    expected = share.encoder([texts[0], texts[2]]).mean(0)
    np.testing.assert_array_equal(reading.vector, expected * np.float32(0.5))
    assert reading.understood[0] == ("red", pytest.approx(float(expected.max())))
    assert dict(reading.understood).keys() == {"red", "blue"}
    assert reading.unknown == ("zorilla",)


def test_both_domains_are_put_one_after_the_other() -> None:
    told = description.Description("zebra", attributes=("stripes:50%",), captions=("red",))
    shares = knowledge.Share("attributes", 3, 0.1), _captions()
    vector = _read(told, *shares).vector
    np.testing.assert_allclose(vector[:3], [0.05, 0, 2])
    np.testing.assert_array_equal(vector[3:], shares[1].encoder(["red"])[0] * np.float32(0.5))


def test_documents_may_be_encoded_by_word_vectors_from_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("3 2\nred 1 0\ncrown 0 1\nblue 0.5 0.5\n", "utf-8")
    told = description.Description("zebra", documents=("red crown, red zorilla",))
    known = knowledge.DomainKnowledge(
        np.ones((3, 2), np.float32), ("a", "b"), ("ant", "bee", "cow"), "", (knowledge.Share("documents", 2),)
    )
    reading = description.read(told, known, 2, f"word2vec:{path}")
    np.testing.assert_array_equal(reading.vector, word_vectors.WordVectors(path)(["red crown, red zorilla"])[0])
    assert reading.understood == (("red", 2), ("crown", 1)) and reading.unknown == ("zorilla",)


@pytest.mark.parametrize(
    ("told", "domains", "message"),
    [
        (
            {"captions": ("okapi zorilla okapi",)},
            "captions",
            "`--captions` must have words that the model knows. Received: none but words unknown to it: okapi, "
            "zorilla. Describe the class in words of the descriptions that the model learned from.",
        ),
        (
            {},
            "captions",
            "A class must be described as the model knows its classes: by captions. Received: an empty description of "
            "'zebra'. Give --captions, and no other.",
        ),
        ({"captions": ("  ", "")}, "captions", "Received: an empty description of 'zebra'."),
        (
            {"captions": ("red",)},
            "attributes",
            "by attributes. Received: --captions of 'zebra'. Give --attributes, and no other.",
        ),
        (
            {"captions": ("red",)},
            "documents",
            "by documents. Received: --captions of 'zebra'. Give --document_file, and no other.",
        ),
        (
            {"captions": ("red",)},
            "attributes+captions",
            "by attributes and captions. Received: --captions of 'zebra'. Give --attributes and --captions",
        ),
        (
            {"captions": ("red",)},
            "sentences",
            "`--domain` must be one in which new classes can be described: attributes, captions or documents. "
            "Received: a model that knows its classes by sentences.",
        ),
    ],
)
def test_mistakes_are_told(told: dict[str, tuple[str, ...]], domains: str, message: str) -> None:
    shares = [_captions() if domain == "captions" else knowledge.Share(domain, 3) for domain in domains.split("+")]
    with pytest.raises(errors.UserError, match=re.escape(message)):
        _read(description.Description("zebra", **told), *shares)
