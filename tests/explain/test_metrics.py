# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of how right explanations in words are: by hand, and against scikit-learn."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from sklearn import metrics

from niwt_tf.explain import metrics as metrics_lib
from niwt_tf.explain import neurons, roc


def _neuron(index: int, feature: int | None, named: bool = True) -> neurons.Neuron:
    return neurons.Neuron(index, f"feature {feature}" if named else None, feature, 0.9, ())


def test_truth_is_one_or_above_the_mean() -> None:
    vectors = np.array([[1, 0, 0.2, 5.0], [1, 1, 0.4, 5.0], [1, 1, 0.9, 5.0], [1, 0, 0.5, 5.0]])
    expected = [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0]]  # means are 1, 0.5, 0.5 and 5
    np.testing.assert_array_equal(roc.class_has_feature(vectors), np.array(expected, bool))


def test_rounding_gives_no_class_a_feature() -> None:
    """A third is no mean of itself, in float32."""
    vectors = np.full((7, 2), 1 / 3, np.float32) + np.array([[0, 1e-7]] * 3 + [[0, -1e-7]] * 4, np.float32)
    assert not roc.class_has_feature(vectors).any()


def test_attribute_accuracy_by_hand() -> None:
    vectors = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1]])  # two seen classes and one unseen
    labels = np.array([0, 1, 2, 2])
    scores = np.array([[9, 8, 1, 1], [9, 8, 1, 1], [0, 0, -2, -1], [1, 3, 2, 9.0]])
    measured = metrics_lib.attribute_accuracy(scores, labels, vectors, seen_classes=2, count=2)
    assert measured.explained == pytest.approx((2 + 1 + 0 + 1) / 8)
    assert measured.frequent == pytest.approx((2 + 1 + 0 + 0) / 8)  # the first two, of which each seen class has 1 or 2
    assert measured.chance == pytest.approx((2 + 2 + 1 + 1) / 16)


def test_what_unseen_classes_have_does_not_make_an_attribute_frequent() -> None:
    vectors = np.array([[1, 0], [1, 0], *[[0, 1]] * 5])
    measured = metrics_lib.attribute_accuracy(np.ones((1, 2)), np.array([6]), vectors, seen_classes=2, count=1)
    assert measured.frequent == 0


def test_true_vectors_as_scores_are_always_right() -> None:
    vectors = np.random.default_rng(0).permuted(np.tile([1, 1, 1, 0, 0, 0, 0], (9, 1)), axis=1)
    labels = np.arange(9).repeat(2)
    measured = metrics_lib.attribute_accuracy(vectors[labels].astype(float), labels, vectors, 5, count=3)
    assert (measured.explained, measured.chance) == (1, pytest.approx(3 / 7))


def test_aucs_by_hand() -> None:
    activations = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [2.0, 0.0]])
    has = np.array([[1, 1, 0], [0, 1, 0]], bool)
    # Of the pairs (1, 3), (1, 2), (2, 3) and (2, 2) the image of class 0 is never higher, and once as high.
    expected = [[0.5 / 4, 0.5, 0.5], [0.5, 0.5, 0.5]]
    np.testing.assert_allclose(roc.aucs(activations, np.array([0, 0, 1, 1]), has), expected)


@hypothesis.settings(deadline=None)
@hypothesis.given(st.integers(0, 10_000), st.integers(1, 140), st.integers(2, 5))
def test_aucs_are_scikit_learns(seed: int, neuron_count: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, 20)])
    activations = rng.integers(0, 6, (len(labels), neuron_count)).astype(np.float32)  # with ties
    has = rng.random((classes, 3)) < 0.5
    measured = roc.aucs(activations, labels, has)
    assert measured.shape == (neuron_count, 3)
    for feature in range(3):
        of_image = has[labels, feature]
        for neuron in {0, neuron_count - 1}:
            both = 0 < of_image.sum() < len(labels)
            expected = metrics.roc_auc_score(of_image, activations[:, neuron]) if both else 0.5
            assert measured[neuron, feature] == pytest.approx(expected)


def test_name_accuracy_by_hand() -> None:
    labels, vectors = np.array([0, 1, 2]), np.eye(3)
    activations = np.array([[9.0, 0.0, 5.0, 1.0], [1.0, 0.0, 5.0, 2.0], [2.0, 7.0, 5.0, 3.0]])
    names = [_neuron(0, 0), _neuron(1, 2), _neuron(2, 1, named=False), _neuron(3, 1)]
    measured = metrics_lib.name_accuracy(names, activations, labels, vectors)
    assert measured.named == pytest.approx(3 / 4)
    assert measured.auc == pytest.approx((1 + 1 + 0.5) / 3)
    # Neurons 0, 1 and 3 against features 0, 2 and 1, each with each:
    assert measured.shuffled == pytest.approx(np.mean([[1, 0.5, 0], [0.25, 1, 0.25], [0, 1, 0.5]]))


def test_without_a_name_there_is_nothing_to_be_right() -> None:
    names = [_neuron(0, 0, named=False), _neuron(1, None, named=False)]
    measured = metrics_lib.name_accuracy(names, np.ones((3, 2)), np.arange(3), np.eye(3))
    assert measured == metrics_lib.NameAccuracy(0.0, None, None)
