# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the oracle: its halves of the images, and its classifier over all classes with images."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fakes import linear_world
from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.baselines import method, oracle
from niwt_tf.numerics import discriminant


def _problem() -> method.Problem:
    """Builds a problem of four classes, two of them seen, with images of all but the third class."""
    rng = np.random.default_rng(0)
    labels = np.array([0, 1, 3] * 6)
    features = (3 * np.eye(4)[labels] + 0.1 * rng.normal(size=(18, 4))).astype(np.float32)
    return method.Problem(features, labels, np.eye(4, dtype=np.float32), 2)


def test_logits_are_discriminant_analysis_and_classes_without_images_cannot_win() -> None:
    problem = _problem()
    scores = oracle.fit(problem, config_lib.BackboneConfig(classifier_shrinkage=0.2))(problem.features)
    kernel, bias = discriminant.fit(problem.features, np.array([0, 1, 2] * 6), 3, 0.2)
    np.testing.assert_allclose(scores[:, [0, 1, 3]], problem.features @ kernel + bias, rtol=1e-6)
    assert (scores[:, 2] == -np.inf).all()


def test_the_oracle_of_a_run_with_softmax_regression_uses_it() -> None:
    setting = config_lib.BackboneConfig(classifier="softmax", classifier_epochs=30, classifier_learning_rate=0.1)
    problem = _problem()
    scores = oracle.fit(problem, setting)(problem.features)
    np.testing.assert_array_equal(scores.argmax(1), problem.labels)
    assert (
        np.abs(scores[:, [0, 1, 3]] - oracle.fit(problem, oracle.CANDIDATES[0])(problem.features)[:, [0, 1, 3]]).max()
        > 1
    )


def test_halves_share_every_class_and_no_image() -> None:
    labels = np.array([5, 5, 5, 6, 6, 7, 7, 7, 7])
    first, second = oracle.halves(labels, 0)
    np.testing.assert_array_equal(first, ~second)
    np.testing.assert_array_equal(np.bincount(labels[first])[5:], [1, 1, 2])


def test_halves_follow_the_seed() -> None:
    labels = linear_world.make().unseen.labels
    first, again, other = (oracle.halves(labels, seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_class_with_a_single_image_is_an_error() -> None:
    with pytest.raises(errors.UserError) as caught:
        oracle.halves(np.array([3, 4, 4]), 0)
    assert str(caught.value) == (
        "`oracle` must have at least two test images of each unseen class. Received: one image of class 3. Add test "
        "images of it, or leave the oracle out."
    )


def test_domain_vectors_play_no_part() -> None:
    problem = _problem()
    other = dataclasses.replace(problem, vectors=problem.vectors[::-1])
    first, second = (oracle.fit(one, oracle.CANDIDATES[0])(problem.features) for one in (problem, other))
    np.testing.assert_array_equal(first, second)
