# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of probabilities: by hand, and against the temperature that a world has."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from sklearn import linear_model

from niwt_tf.method.calibration import temperature


@pytest.mark.parametrize("true", [0.2, 3.0, 500.0])
def test_the_temperature_of_the_world_is_found(true: float) -> None:
    rng = np.random.default_rng(0)
    logits = 2 * true * rng.normal(size=(20_000, 5))
    shares = special.softmax(logits / true, axis=1)
    labels = (shares.cumsum(1) > rng.uniform(size=(len(shares), 1))).argmax(1)
    assert temperature.fit(logits, labels) == pytest.approx(true, rel=0.05)
    probabilities = temperature.probabilities(logits, temperature.fit(logits, labels))
    assert temperature.expected_error(probabilities.max(1), probabilities.argmax(1) == labels) < 0.02


def test_two_logits_by_hand() -> None:
    # Three of four are right by 1: the likelihood is highest where 1 / (1 + exp(-1 / T)) is 3 / 4, T = 1 / log 3.
    logits, labels = np.array([[1.0, 0.0]] * 4), np.array([0, 0, 0, 1])
    assert temperature.fit(logits, labels) == pytest.approx(1 / np.log(3), rel=1e-3)
    np.testing.assert_allclose(temperature.probabilities(logits[:1], 1 / np.log(3)), [[0.75, 0.25]], rtol=1e-6)


def test_logits_that_tell_nothing_have_some_temperature() -> None:
    assert temperature.fit(np.zeros((4, 3)), np.zeros(4, int)) == 1
    assert 0 < temperature.fit(np.array([[1.0, 0.0]] * 4), np.zeros(4, int)) < 1, "all are right"
    assert 100 < temperature.fit(np.array([[1.0, 0.0]] * 4), np.ones(4, int)) < np.inf, "all are wrong"


@given(st.lists(st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3), min_size=1), st.floats(1e-3, 1e6))
def test_no_decision_changes_and_sums_are_1(rows: list[list[float]], heat: float) -> None:
    logits = np.array(rows, np.float32)
    probabilities = temperature.probabilities(logits, heat)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    best = logits.argmax(1)
    assert (probabilities[np.arange(len(best)), best] == probabilities.max(1)).all()


def test_the_expected_error_by_hand() -> None:
    confidences, is_right = np.array([0.9, 0.9, 0.55, 1.0]), np.array([True, False, True, True])
    # bins of a fifteenth: two of 0.9 with one right are 0.4 off, 0.55 is 0.45 off, 1.0 is right
    assert temperature.expected_error(confidences, is_right) == pytest.approx((2 * 0.4 + 0.45) / 4)


@pytest.mark.parametrize("confidence", [0.6, 0.9, 0.999])
def test_a_mean_probability_is_matched(confidence: float) -> None:
    logits = np.random.default_rng(1).normal(size=(500, 4)) * 30
    heat = temperature.matching(logits, confidence)
    assert heat is not None
    assert temperature.probabilities(logits, heat).max(1).mean() == pytest.approx(confidence, abs=1e-4)


@pytest.mark.parametrize("confidence", [0.1, 0.25, 1.0])
def test_a_mean_probability_that_no_temperature_gives_is_none(confidence: float) -> None:
    assert temperature.matching(np.random.default_rng(1).normal(size=(50, 4)), confidence) is None
    assert temperature.matching(np.zeros((3, 4)), 0.5) is None


def test_a_head_that_was_trained_on_its_images_is_less_sure_of_others() -> None:
    rng = np.random.default_rng(0)
    means, each = 1.2 * rng.normal(size=(6, 60)) / np.sqrt(2), 20
    labels, fresh = np.repeat(np.arange(6), each), np.repeat(np.arange(6), 500)
    images, others = (means[one] + 2.2 * rng.normal(size=(len(one), 60)) for one in (labels, fresh))
    head = linear_model.LogisticRegression(C=1.0, max_iter=1000).fit(images, labels)
    accuracy = float(head.score(others, fresh))
    assert head.score(images, labels) == 1 and accuracy < 0.95
    heats = (
        temperature.fit(head.decision_function(images), labels),
        temperature.of_trained_head(head.decision_function(images), labels, accuracy),
    )
    errors = []
    for heat in heats:
        probabilities = temperature.probabilities(head.decision_function(others), heat)
        errors.append(temperature.expected_error(probabilities.max(1), probabilities.argmax(1) == fresh))
    assert errors[1] < errors[0] / 2


def test_a_head_that_is_worse_on_its_images_than_on_others_is_taken_as_it_is() -> None:
    logits, labels = np.array([[1.0, 0.0]] * 4), np.array([0, 0, 0, 1])
    assert temperature.of_trained_head(logits, labels, 0.9) == temperature.fit(logits, labels)
