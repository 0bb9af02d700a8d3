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
from niwt_tf.explain import roc


def test_truth_is_one_or_above_the_mean() -> None:
    vectors = np.array([[1, 0, 0.2, 5.0], [1, 1, 0.4, 5.0], [1, 1, 0.9, 5.0], [1, 0, 0.5, 5.0]])
    expected = [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0]]  # means are 1, 0.5, 0.5 and 5
    np.testing.assert_array_equal(roc.class_has_feature(vectors), np.array(expected, bool))


def test_the_mean_may_be_that_of_the_seen_classes() -> None:
    vectors = np.array([[0.2], [0.4], [0.35], [9.0]])
    assert roc.class_has_feature(vectors)[:, 0].tolist() == [False, False, False, True]
    assert roc.class_has_feature(vectors, seen_classes=2)[:, 0].tolist() == [False, True, True, True]


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


def test_areas_of_sets_of_classes_are_those_of_features() -> None:
    rng = np.random.default_rng(0)
    labels = np.concatenate([np.arange(6), rng.integers(0, 6, 30)])
    activations, has = rng.normal(size=(36, 4)), rng.random((6, 3)) < 0.5
    ranks = roc.ClassRanks.of(activations, labels, 6)
    areas = ranks.aucs(has)
    np.testing.assert_allclose(ranks.aucs_of(has.T[[0, 1, 2, 0]]), areas[np.arange(4), [0, 1, 2, 0]])
    first = has.T[[1, 1, 1, 1]]
    both = has & has[:, 1:2]
    np.testing.assert_allclose(ranks.aucs_within(first, has), ranks.aucs(both))
    everything = np.ones((4, 6), bool)
    assert np.isnan(ranks.aucs_of(everything)).all()


def test_areas_without_each_class_are_those_of_the_selected_classes() -> None:
    rng = np.random.default_rng(0)
    labels = np.concatenate([np.arange(6), rng.integers(0, 6, 30)])
    ranks = roc.ClassRanks.of(rng.normal(size=(36, 4)), labels, 6)
    has = rng.random((4, 6)) < 0.5
    without = ranks.aucs_without_each(has)
    for out in range(6):
        kept = np.arange(6) != out
        np.testing.assert_allclose(without[:, out], ranks.select(kept).aucs_of(has[:, kept]))


def test_a_standard_error_is_taken_off_and_rare_features_do_not_count() -> None:
    # Of 8 classes 4 have the feature: sqrt(9 / (12 * 4 * 4)) = 0.2165.
    strengths = roc.strengths(np.array([[0.9, 0.9, np.nan]]), np.array([4, 2, 4]), classes=8)
    np.testing.assert_allclose(strengths, [[0.9 - 0.21651, -np.inf, -np.inf]], rtol=1e-4)
