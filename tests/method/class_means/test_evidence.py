# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the images on which a loss is estimated: those of the fit, left out of it, see what others see."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf.method.class_means import evidence as evidence_lib
from niwt_tf.method.class_means import statistics as statistics_lib

_CONSTANTS = np.array([0.5, -1.0, 2.0, 0.5])  # of mean 0.5


def _images(seed: int, images: int, size: int = 10, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Returns features `[N,D]` of classes that are the same for all seeds, and labels `[N]`."""
    means = 0.7 * np.random.default_rng(0).normal(size=(classes, size))
    labels = np.repeat(np.arange(classes), images)
    return means[labels] + np.random.default_rng(seed).normal(size=(len(labels), size)), labels


def _statistics(images: int = 6) -> statistics_lib.ClassStatistics:
    return statistics_lib.fit(*_images(1, images), 4, 0.1)


def _new() -> tuple[np.ndarray, np.ndarray]:
    """Returns means `[U,D]` of new classes, and their coefficients `[U,C]`."""
    coefficients = np.array([[0.5, 0.5, 0.0, 0.0], [1.0, 1.0, -1.0, 0.0]])
    return coefficients @ _statistics().means, coefficients


def test_images_of_the_statistics_are_left_out() -> None:
    statistics = _statistics()
    evidence = evidence_lib.left_out(statistics, _CONSTANTS)
    np.testing.assert_array_equal(evidence.known, statistics.left_out_known + _CONSTANTS)
    np.testing.assert_array_equal(evidence.new(*_new()), statistics.left_out_scores(*_new()) + 0.5)
    np.testing.assert_array_equal(evidence.labels, statistics.labels)
    center = statistics.means[statistics.labels]
    np.testing.assert_array_equal(evidence.white, center + statistics.new_deviations)
    sizes = [float(np.mean(rows**2)) for rows in (statistics.new_deviations, statistics.deviations)]
    assert sizes[0] == pytest.approx(statistics.noise) and sizes[0] > sizes[1]


def test_fresh_images_are_scored_as_they_are() -> None:
    statistics, (features, labels) = _statistics(), _images(2, 5)
    evidence = evidence_lib.fresh(statistics, _CONSTANTS, features, labels)
    kernel, bias = statistics.weights(statistics.means)
    np.testing.assert_allclose(evidence.known, features @ kernel + bias + _CONSTANTS)
    new_kernel, new_bias = statistics.weights(_new()[0])
    np.testing.assert_allclose(evidence.new(*_new()), features @ new_kernel + new_bias + 0.5)
    np.testing.assert_array_equal(evidence.labels, labels)
    np.testing.assert_allclose(evidence.white, statistics.whiten(features))


@pytest.mark.parametrize("is_fresh", [False, True])
def test_a_constant_of_all_classes_favours_none(is_fresh: bool) -> None:
    known, new = [], []
    for constants in (np.zeros(4), np.full(4, 7.0)):
        fresh = evidence_lib.fresh(_statistics(), constants, *_images(2, 5))
        evidence = fresh if is_fresh else evidence_lib.left_out(_statistics(), constants)
        known.append(evidence.known)
        new.append(evidence.new(*_new()))
    np.testing.assert_allclose(known[1] - known[0], 7)
    np.testing.assert_allclose(new[1] - new[0], 7)


def _accuracy(evidence: evidence_lib.Evidence) -> float:
    return float((evidence.known.argmax(1) == evidence.labels).mean())


def test_left_out_images_are_recognised_as_often_as_fresh_ones() -> None:
    left_out, again, fresh = [], [], []
    for seed in range(20):
        features, labels = _images(100 + seed, 6)
        statistics = statistics_lib.fit(features, labels, 4, 0.05)
        left_out.append(_accuracy(evidence_lib.left_out(statistics, np.zeros(4))))
        again.append(_accuracy(evidence_lib.fresh(statistics, np.zeros(4), features, labels)))
        fresh.append(_accuracy(evidence_lib.fresh(statistics, np.zeros(4), *_images(200 + seed, 100))))
    assert np.mean(left_out) == pytest.approx(np.mean(fresh), abs=0.04)
    assert np.mean(again) > np.mean(fresh) + 0.1
