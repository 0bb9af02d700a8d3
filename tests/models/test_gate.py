# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the feature by which new classes compete with a head that is not by class means."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from fakes import gaussian
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.models import gate


@pytest.fixture(scope="module")
def gated() -> tuple[classifier_lib.Classifier, list[list[np.ndarray]]]:
    rng = np.random.default_rng(1)
    kernel, bias = rng.normal(size=(gaussian.FEATURES, gaussian.SEEN)), rng.normal(size=gaussian.SEEN)
    return gate.add(gaussian.model(True).classifier, kernel, bias)


def _images() -> np.ndarray:
    return gaussian.images(np.arange(gaussian.SEEN).repeat(3), 5)


def test_the_network_and_numpy_agree(gated: tuple[classifier_lib.Classifier, list[list[np.ndarray]]]) -> None:
    classifier, weights = gated
    features = gaussian.model(True).classifier.backbone.network(_images()).numpy()
    by_network = classifier.backbone.network(_images()).numpy()
    np.testing.assert_array_equal(by_network[:, :-1], features)
    np.testing.assert_allclose(by_network, gate.with_gate(features, weights), rtol=1e-5, atol=1e-4)
    np.testing.assert_array_equal(gate.completed(classifier, features), gate.with_gate(features, weights))
    (head, head_bias), (means, means_bias) = weights
    margin = (features @ head + head_bias).max(1) - (features @ means + means_bias).max(1)
    np.testing.assert_allclose(by_network[:, -1], margin, rtol=1e-4, atol=1e-3)


def test_a_new_class_wins_where_it_exceeds_the_known_ones_by_class_means(
    gated: tuple[classifier_lib.Classifier, list[list[np.ndarray]]],
) -> None:
    classifier, weights = gated
    features = classifier.backbone.network(_images()).numpy()
    new = np.random.default_rng(2).normal(size=gaussian.FEATURES) * 2
    logit = features @ np.append(new, 1)
    known = classifier.logits(features)[:, : gaussian.SEEN].max(1)
    by_means = (features[:, :-1] @ weights[1][0] + weights[1][1]).max(1)
    is_won = features[:, :-1] @ new > by_means
    assert 0 < is_won.sum() < len(is_won)
    np.testing.assert_array_equal(logit > known, is_won)


def test_a_gate_that_is_removed_leaves_no_trace(
    gated: tuple[classifier_lib.Classifier, list[list[np.ndarray]]],
) -> None:
    classifier, _ = gated
    before, after = gaussian.model(True).classifier, gate.remove(classifier)
    assert gate.has(classifier) and not gate.has(after) and gate.remove(before) is before
    np.testing.assert_array_equal(after.kernel, before.kernel)
    np.testing.assert_array_equal(after.backbone.network(_images()).numpy(), before.backbone.network(_images()).numpy())
    assert [layer.name for layer in after.backbone.network.layers] == [
        layer.name for layer in before.backbone.network.layers
    ]


def test_a_layer_of_a_user_named_gate_is_none() -> None:
    images = keras.Input((4, 4, 3))
    features = keras.layers.GlobalAveragePooling2D(name="gate")(keras.layers.Conv2D(2, 3, name="conv")(images))
    cut = gaussian.model().classifier.backbone
    own = type(cut)(keras.Model(images, features), "conv")
    assert not gate.has(classifier_lib.Classifier(own, np.eye(2, dtype=np.float32), np.zeros(2), ("a", "b")))


def test_features_without_the_gates_are_told_by_their_number(
    gated: tuple[classifier_lib.Classifier, list[list[np.ndarray]]],
) -> None:
    classifier, _ = gated
    features = np.zeros((3, gaussian.FEATURES), np.float32)
    whole = gate.completed(classifier, features)
    assert whole.shape == (3, gaussian.FEATURES + 1) and gate.completed(classifier, whole) is whole
    np.testing.assert_array_equal(gate.own_features(classifier, whole), features)
    assert gate.own_features(classifier, features) is features
