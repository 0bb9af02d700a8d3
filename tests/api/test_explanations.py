# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of explanations on a user's arrays, of a network whose neurons are the image's colours."""

from __future__ import annotations

import numpy as np
import pytest

import niwt_tf
from fakes import colours
from niwt_tf import errors
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.method import importance, inverse_map

_LABELS = np.arange(30) % 3
_KNOWN = niwt_tf.encode_attributes(np.eye(4, 3), ["is red", "is green", "is blue"], colours.CLASSES)


@pytest.fixture(scope="module")
def classifier() -> classifier_lib.Classifier:
    return colours.classifier(2)


@pytest.fixture(scope="module")
def inverse() -> inverse_map.InverseMap:
    """Of importances that are one colour each."""
    values = np.eye(3, dtype=np.float32)[_LABELS]
    found = importance.Importances(values, _LABELS, values, np.zeros((1, 2, 2, 3), np.float16))
    return niwt_tf.fit_inverse_map(np.eye(3), found)


def _images() -> np.ndarray:
    images = np.zeros((30, 2, 2, 3), np.uint8)
    images[np.arange(30), ..., _LABELS] = 50 + np.arange(30)[:, None, None]
    return images


def test_the_predicted_class_is_explained_or_the_one_that_is_named(classifier: classifier_lib.Classifier) -> None:
    told = niwt_tf.explain_images(classifier, _images())
    np.testing.assert_array_equal(told.classes, _LABELS)
    np.testing.assert_allclose(told.importances, colours.KERNEL.T[_LABELS] / 4, rtol=1e-5)
    told = niwt_tf.explain_images(classifier, _images()[:2], "Yellow")
    np.testing.assert_array_equal(told.classes, [colours.YELLOW, colours.YELLOW])
    np.testing.assert_allclose(told.importances, [[1, 1, -2], [1, 1, -2]])


def test_gamma_comes_off_the_seen_classes(classifier: classifier_lib.Classifier) -> None:
    plain, calibrated = (niwt_tf.explain_images(classifier, _images(), gamma=gamma).logits for gamma in (0.0, 5.0))
    np.testing.assert_allclose(plain - calibrated, np.tile([5, 5, 5, 0], (30, 1)), atol=1e-4)


def test_images_of_another_size_are_fitted(classifier: classifier_lib.Classifier) -> None:
    told = niwt_tf.explain_images(classifier, np.full((1, 8, 12, 3), 9, np.uint8))
    np.testing.assert_allclose(told.activations, [[9, 9, 9]])


def test_there_is_no_such_class(classifier: classifier_lib.Classifier) -> None:
    with pytest.raises(errors.UserError, match="`class_name` must be one of .*Did you mean 'green'"):
        niwt_tf.explain_images(classifier, _images(), "greenish")


def test_reasons_are_the_features_that_importances_tell(inverse: inverse_map.InverseMap) -> None:
    reasons = niwt_tf.find_reasons(inverse, np.eye(3, dtype=np.float32)[:2], _KNOWN.feature_names, count=1)
    assert [[feature for feature, _ in one] for one in reasons] == [["is red"], ["is green"]]


def test_neurons_are_named_after_what_their_classes_share() -> None:
    vectors = (np.random.default_rng(0).random((24, 3)) < 0.5).astype(np.float32)
    names, labels = [f"class {index}" for index in range(24)], np.arange(48) % 24
    knowledge = niwt_tf.encode_attributes(vectors, _KNOWN.feature_names, names)
    kernel = 8 * (vectors - 0.5).T
    classifier = classifier_lib.Classifier(colours.backbone(2), kernel, np.zeros(24, np.float32), tuple(names))
    activations = np.zeros((1, 2, 2, 3), np.float16)
    found = importance.Importances(kernel.T[labels], labels, kernel.T[labels], activations)
    images = np.broadcast_to(50 + 150 * vectors[labels, None, None], (48, 2, 2, 3)).astype(np.uint8)
    named = niwt_tf.name_neurons(classifier, niwt_tf.fit_inverse_map(vectors, found), knowledge, images, labels)
    assert [one.name for one in named] == ["is red", "is green", "is blue"]
    assert [one.confidence for one in named] == [1, 1, 1]
    assert all(one.p_value < 0.01 and one.simulated > 0.99 for one in named)


def test_three_classes_name_neurons_and_prove_nothing(
    classifier: classifier_lib.Classifier, inverse: inverse_map.InverseMap
) -> None:
    named = niwt_tf.name_neurons(classifier, inverse, _KNOWN, _images(), _LABELS)
    assert [one.name for one in named] == ["is red", "is green", "is blue"]
    assert not any(one.is_borne_out for one in named)
    proved = niwt_tf.name_neurons(classifier, inverse, _KNOWN, _images(), _LABELS, significance=0.05)
    assert [one.name for one in proved] == [None, None, None]
    assert [one.candidates[0][0] for one in proved] == ["is red", "is green", "is blue"]
