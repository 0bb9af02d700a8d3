# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what metrics measure: maps in the size of images, mean colours, and the probability of a class."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from fakes import colours, mapped
from niwt_tf.explain.map_quality import subject as subject_lib


def test_maps_are_enlarged_and_scaled_to_a_maximum_of_1() -> None:
    images = np.zeros((2, 4, 4, 3), np.uint8)
    maps = np.array([[[0, 0], [0, 8]], [[0, 0], [0, 0]]], np.float32)
    batch = subject_lib.MappedImages(images, np.zeros(2, int), maps, np.zeros((2, 4)))
    assert batch.large_maps.shape == (2, 4, 4) and batch.large_maps.dtype == np.float32
    assert batch.large_maps[0].max() == batch.large_maps[0, 3, 3] == 1 and not batch.large_maps[1].any()


def test_mean_colours_are_rounded() -> None:
    images = np.zeros((1, 2, 2, 3), np.uint8)
    images[0, 0, 0] = [255, 2, 1]
    batch = subject_lib.MappedImages(images, np.zeros(1, int), np.zeros((1, 1, 1)), np.zeros((1, 4)))
    assert batch.mean_colours.tolist() == [[[[64, 0, 0]]]]  # 63.75, 0.5 and 0.25


def test_a_probability_by_hand_and_gamma() -> None:
    batch = mapped.batch()
    means = batch.images.mean((1, 2))
    expected = [mapped.probability(mean, label) for mean, label in zip(means, batch.classes, strict=True)]
    subject = subject_lib.Subject(mapped.classifier())
    found = subject.compile(subject.probability, "images", "classes")(batch.images, batch.classes)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    eager = subject.probability(tf.constant(batch.images), tf.constant(batch.classes)).numpy()
    np.testing.assert_allclose(eager, found, rtol=1e-6)
    shifted = subject_lib.Subject(mapped.classifier(), gamma=3.0)  # all classes are seen, so that nothing changes
    np.testing.assert_allclose(
        shifted.compile(shifted.probability, "images", "classes")(batch.images, batch.classes), found, rtol=1e-5
    )


def test_gamma_makes_seen_classes_less_probable() -> None:
    classifier, red = colours.classifier(1), np.full((1, 1, 1, 3), [2, 0, 0], np.uint8)
    # Logits: red 16, yellow 8 + 1 - 0, green and blue 0.
    for gamma, logit in ((0.0, 16.0), (7.0, 9.0)):
        others = np.exp([-gamma, -gamma, 9.0]).sum()
        subject = subject_lib.Subject(classifier, gamma)
        found = subject.probability(tf.constant(red), tf.constant([colours.RED], tf.int64)).numpy()
        assert found == pytest.approx([np.exp(logit) / (np.exp(logit) + others)], rel=1e-5)


def test_given_maps_are_not_drawn_anew() -> None:
    with pytest.raises(ValueError, match="the maps are given"):
        subject_lib.Subject(mapped.classifier()).draw(np.zeros((1, 4, 4, 3), np.uint8), np.zeros(1, int))
