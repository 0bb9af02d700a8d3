# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of domain vectors of known classes that a user describes as new ones are described."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.domains import described, description

_NAMES = ("horse", "tiger", "cow")
_ATTRIBUTES = {
    "horse": ["four legs", "weight: 500", "coat: plain"],
    "tiger": ["Four_Legs", "stripes:1", "coat: striped", "furry:80%"],
    "cow": ["horns", "weight:700", "coat: plain", "furry"],
}
_CAPTIONS = {"horse": ["a brown coat", " "], "tiger": ["orange stripes"], "cow": ["brown patches and horns"]}


def test_listed_attributes_form_a_table() -> None:
    known = described.encode({"attributes": _ATTRIBUTES}, _NAMES, "zoo.yaml")
    columns = dict(zip(known.feature_names, known.vectors.T.tolist(), strict=True))
    assert columns == {
        "four legs": [1, 1, 0],
        "weight": [500, 600, 700],  # the tiger's is the mean
        "coat: plain": [1, 0, 1],
        "stripes": [0, 1, 0],
        "coat: striped": [0, 1, 0],
        "furry": pytest.approx([0.8, 0.8, 0.8]),  # without a number: as much as any
        "horns": [0, 0, 1],
    }
    assert (known.class_names, [one.domain for one in known.slices]) == (_NAMES, ["attributes"])
    assert known.source == "zoo.yaml; 2 missing values filled with the mean over the classes that have them"


def test_a_new_class_is_read_in_the_same_terms() -> None:
    both = {"attributes": _ATTRIBUTES, "captions": _CAPTIONS}
    known = described.encode(both, _NAMES, "zoo.yaml")
    zebra = description.Description("zebra", ("stripes", "coat: striped"), ("brown stripes",))
    reading = description.read(zebra, known, 3, "tfidf")
    assert reading.vector.shape == known.vectors[0].shape and reading.unknown == ()
    lengths = [np.linalg.norm(part, axis=1).mean() for part in np.split(known.vectors, [7], axis=1)]
    np.testing.assert_allclose(lengths, 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("by_domain", "message"),
    [
        (
            {"captions": _CAPTIONS | {"tiger": [" "]}},
            "`captions` must describe every class, in the same way. Received: zoo.yaml, with captions of 2 classes, "
            "but not of tiger. Write captions of every class, or of none.",
        ),
        (
            {"attributes": _ATTRIBUTES | {"cow": ["horns", "horns:0"]}},
            "`attributes` must give each attribute one value. Received: zoo.yaml, where 'cow' has 'horns:0' and "
            "another value of it. Keep one of them.",
        ),
        (
            {"captions": dict.fromkeys(_NAMES, ["an animal"])},
            "`captions` must distinguish classes. Received: zoo.yaml, with the same description for all 3 seen "
            "classes. Describe what distinguishes the classes.",
        ),
    ],
)
def test_mistakes_are_told(by_domain: dict, message: str) -> None:
    with pytest.raises(errors.UserError) as error:
        described.encode(by_domain, _NAMES, "zoo.yaml")
    assert str(error.value) == message


def test_doubts_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    described.encode({"attributes": {"horse": ["legs"], "tiger": ["legs"], "cow": ["legs", "horns"]}}, _NAMES, "it")
    assert "  warning: `attributes` describes some classes by the same numbers" in capsys.readouterr().out


def test_captions_that_name_parts_get_a_vector_for_each() -> None:
    captions = {"ant": ["head: red", "leg: black"], "bee": ["head: black", "leg: long"], "fly": ["leg: thin, black"]}
    known = described.encode({"captions": captions}, list(captions), "by hand")
    assert [one.part for one in known.slices] == ["head", "leg"] and known.blocks == ((2, 3),)
    np.testing.assert_allclose(known.vectors[2, :2], known.vectors[:2, :2].mean(0), rtol=1e-6)
