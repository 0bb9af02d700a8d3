# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the reasons of an image: by hand, and on features that each show one attribute."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf.explain import image_reasons, textual

_NAMES = ("stripes", "has_tail::long", "hooves", "wings")


def test_by_hand() -> None:
    # The class has stripes and a long tail, and no wings; the image shows stripes and wings, and no long tail.
    class_scores, shown = np.array([[0.5, 0.4, 0.0, -0.2]]), np.array([[0.6, -0.5, 0.9, 0.5]])
    (reasons,) = image_reasons.find(class_scores, shown, _NAMES)
    assert reasons.support == (("stripes", pytest.approx(0.3)),)
    assert reasons.opposition == (("no has_tail::long", pytest.approx(-0.2)), ("wings", pytest.approx(-0.1)))
    assert [textual.readable(name) for name, _ in reasons.opposition] == ["no tail: long", "wings"]


def test_what_both_lack_is_no_reason() -> None:
    (reasons,) = image_reasons.find(np.array([[-1.0, 0.0, 0.0, 0.0]]), np.array([[-1.0, 0.0, 1.0, 0.0]]), _NAMES)
    assert reasons == image_reasons.ImageReasons((), ())


def test_there_are_at_most_as_many_as_asked_for_of_either_kind() -> None:
    ones = np.ones((1, 4))
    (reasons,) = image_reasons.find(ones, np.array([[3.0, 2.0, -1.0, -2.0]]), _NAMES, count=1)
    assert reasons.support == (("stripes", 3.0),)
    assert reasons.opposition == (("no wings", -2.0),)


def _shown(images_of_a_class: int = 6) -> tuple[image_reasons.ShownFeatures, np.ndarray]:
    """Fit features of four dimensions, each of which shows one attribute, with noise."""
    rng = np.random.default_rng(0)
    vectors = (rng.random((12, 4)) < 0.5).astype(np.float32)
    labels = np.repeat(np.arange(12), images_of_a_class)
    features = (vectors[labels] + rng.normal(0, 0.2, (len(labels), 4)) + 5).astype(np.float32)
    return image_reasons.fit(features, labels, vectors), vectors.mean(0)


def test_an_image_shows_what_its_features_are_of_whatever_its_class() -> None:
    shown, means = _shown()
    images = np.eye(4, dtype=np.float32) + 5
    np.testing.assert_array_equal(shown(images).argmax(1), np.arange(4))
    near, far = shown(means[None] + 5), shown(images)
    assert np.abs(near).max() < 0.1 < far.max(1).min()  # what lies at the mean shows nothing in particular


def test_columns_that_it_does_not_know_count_for_nothing() -> None:
    shown, _ = _shown()
    images = np.random.default_rng(1).random((7, 4)).astype(np.float32)
    with_gate = np.concatenate([images, np.full((7, 1), 9, np.float32)], axis=1)
    np.testing.assert_array_equal(shown(with_gate), shown(images))
    one_by_one = np.concatenate([shown(image[None]) for image in images])
    np.testing.assert_allclose(one_by_one, shown(images), rtol=1e-5, atol=1e-6)


def test_classes_without_an_image_are_left_out() -> None:
    rng = np.random.default_rng(2)
    vectors, labels = np.eye(4, dtype=np.float32), np.array([0, 0, 2, 2, 3, 3])
    features = vectors[labels] + rng.normal(0, 0.1, (6, 4)).astype(np.float32)
    shown = image_reasons.fit(features, labels, vectors)
    together = image_reasons.fit(features, np.array([0, 0, 1, 1, 2, 2]), vectors[[0, 2, 3]])
    np.testing.assert_array_equal(shown.kernel, together.kernel)
    assert shown(features).argmax(1).tolist() == labels.tolist()


def test_a_single_class_shows_nothing() -> None:
    shown = image_reasons.fit(np.ones((3, 5), np.float32), np.zeros(3, int), np.ones((2, 4), np.float32))
    np.testing.assert_array_equal(shown(np.ones((2, 5), np.float32)), np.zeros((2, 4)))
