# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of datasets and of what a user knows of classes."""

from __future__ import annotations

import numpy as np
import pytest

import niwt_tf
from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import zero_shot
from niwt_tf.domains import description, encoders

_CAPTIONS = {
    "horse": ["a brown horse with a mane", "four brown legs"],
    "tiger": ["orange with black stripes", "four strong legs"],
    "zebra": ["black and white stripes and a mane", "four thin legs"],
}


def test_a_dataset_by_name(tiny_data_config: config_lib.DataConfig, tiny_dataset: zero_shot.ZeroShotDataset) -> None:
    values = {"aviary_seed": 7, "aviary_classes": 12, "aviary_unseen": 3, "aviary_images": 6}
    dataset = niwt_tf.load_dataset("aviary", 64, data_dir=tiny_data_config.data_dir, **values)
    assert (dataset.class_names, dataset.split_sha256) == (tiny_dataset.class_names, tiny_dataset.split_sha256)
    images, labels = niwt_tf.to_arrays(dataset.train)
    assert images.shape == (54, 64, 64, 3)
    np.testing.assert_array_equal(np.bincount(labels), np.full(9, 6))


def test_there_is_no_such_dataset() -> None:
    with pytest.raises(errors.UserError, match="`name` must be one of .*Did you mean 'aviary'"):
        niwt_tf.load_dataset("aviaries")


def test_the_knowledge_of_a_dataset(tiny_dataset: zero_shot.ZeroShotDataset) -> None:
    assert niwt_tf.load_knowledge(tiny_dataset).vectors.shape == (12, 36)
    assert niwt_tf.load_knowledge(tiny_dataset, "captions", tfidf_components=5).vectors.shape == (12, 5)


def test_attributes_are_taken_as_they_are_and_further_classes_can_be_described() -> None:
    known = niwt_tf.encode_attributes(
        np.array([[1, 0], [0, 1], [1, 1]]), ["mane", "stripes"], ["horse", "tiger", "zebra"]
    )
    np.testing.assert_array_equal(known.vectors, [[1, 0], [0, 1], [1, 1]])
    assert (known.feature_names, known.class_names) == (("mane", "stripes"), ("horse", "tiger", "zebra"))
    reading = description.read(description.Description("okapi", ("stripes",)), known, 3, "tfidf")
    np.testing.assert_array_equal(reading.vector, [0, 1])


def test_attributes_of_other_sizes() -> None:
    with pytest.raises(errors.UserError, match=r"`values` must have a row for each class, \[2,...\]"):
        niwt_tf.encode_attributes(np.eye(3), ["a", "b", "c"], ["horse", "tiger"])
    with pytest.raises(errors.UserError, match="`feature_names` must .* here 3. Received: 2 names"):
        niwt_tf.encode_attributes(np.eye(3), ["a", "b"], ["horse", "tiger", "zebra"])


def test_captions_are_the_mean_of_their_encoded_sentences() -> None:
    known = niwt_tf.encode_captions(_CAPTIONS)
    encoder = encoders.TfidfEncoder.fit(list(_CAPTIONS.values()))
    np.testing.assert_allclose(known.vectors[0], encoder(_CAPTIONS["horse"]).mean(0))
    assert known.class_names == ("horse", "tiger", "zebra")
    assert {"mane", "stripes", "legs"} <= set(known.feature_names)
    told = description.Description("okapi", captions=("stripes on its legs",))
    assert description.read(told, known, 3, "tfidf").vector.any()


def test_the_vocabulary_can_be_that_of_seen_classes() -> None:
    known = niwt_tf.encode_captions(_CAPTIONS, seen=["horse", "tiger"])
    assert "orange" in known.feature_names and "white" not in known.feature_names
    assert len(known.vectors) == 3


def test_a_class_without_a_sentence_or_a_known_word() -> None:
    with pytest.raises(errors.UserError, match="`captions` must describe every class. Received: none of okapi"):
        niwt_tf.encode_captions(_CAPTIONS | {"okapi": [" "]})
    with pytest.raises(errors.UserError, match="`seen` must name classes that have captions. Received: okapi"):
        niwt_tf.encode_captions(_CAPTIONS, seen=["horse", "okapi"])
    with pytest.raises(errors.UserError, match="`captions` must describe every class by finite numbers.*for okapi"):
        niwt_tf.encode_captions(_CAPTIONS | {"okapi": ["Quagga"]}, seen=list(_CAPTIONS))


@pytest.mark.parametrize(
    ("values", "choice", "expected", "told"),
    [
        ([[1, -1], [-1, 1], [1, 1]], "auto", [[1, -1], [-1, 1], [1, 1]], "-1 is a value"),
        ([[10, -1], [0, 4], [30, 6]], "auto", [[10, 5], [0, 4], [30, 6]], "-1 is missing"),
        ([[10, -1], [0, 4], [30, 6]], "none", [[10, -1], [0, 4], [30, 6]], "-1 is a value"),
    ],
)
def test_minus_one_is_what_the_values_say_or_the_caller(
    values: list[list[float]], choice: str, expected: list[list[float]], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    known = niwt_tf.encode_attributes(np.array(values), ["a", "b"], ["ant", "bee", "cow"], missing_value=choice)
    np.testing.assert_array_equal(known.vectors, np.float32(expected))
    assert told in capsys.readouterr().out


def test_what_tells_no_classes_apart_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(errors.UserError, match="the same description for all 3 seen classes"):
        niwt_tf.encode_attributes(np.ones((3, 2)), ["a", "b"], ["ant", "bee", "cow"])
    niwt_tf.encode_attributes(np.array([[1, 0], [0, 1], [0, 0]]), ["a", "b"], ["ant", "bee", "cow"])
    niwt_tf.encode_attributes(np.array([[1, 0], [0, 1], [1, 0]]), ["a", "b"], ["ant", "bee", "cow"])
    niwt_tf.encode_captions(_CAPTIONS | {"okapi": ["brown zorilla quagga"]}, seen=list(_CAPTIONS))
    out = capsys.readouterr().out
    assert "warning: `values` has only zeros for cow" in out
    assert "warning: `values` describes some classes by the same numbers, or by multiples of them" in out
    assert "cannot be distinguished: ant = cow" in out
    assert "warning: most words of `captions` occur in no text of the seen classes for okapi (33% known)" in out
