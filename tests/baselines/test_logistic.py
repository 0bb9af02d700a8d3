# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of logistic regression with many outputs at once, against scikit-learn's."""

from __future__ import annotations

import numpy as np
from sklearn import linear_model

from niwt_tf.baselines import logistic

_RNG = np.random.default_rng(0)
_INPUTS = _RNG.normal(size=(60, 4))
_LABELS = np.arange(60) % 3
_PENALTY = 0.05


def _twin() -> linear_model.LogisticRegression:
    return linear_model.LogisticRegression(C=1 / (_PENALTY * len(_INPUTS)), tol=1e-8, max_iter=1000)


def test_attributes_are_scikit_learns_one_by_one() -> None:
    targets = (_INPUTS @ _RNG.normal(size=(4, 5)) + _RNG.normal(size=(60, 5)) > 0.3).astype(float)
    kernel, bias = logistic.fit(_INPUTS, targets, _PENALTY, logistic.sigmoid)
    for number in range(5):
        twin = _twin().fit(_INPUTS, targets[:, number])
        np.testing.assert_allclose(kernel[:, number], twin.coef_[0], atol=2e-3)
        np.testing.assert_allclose(bias[number], twin.intercept_[0], atol=2e-3)


def test_probabilities_of_classes_are_scikit_learns() -> None:
    kernel, bias = logistic.fit(_INPUTS, np.eye(3)[_LABELS], _PENALTY, logistic.softmax)
    probabilities = logistic.softmax(_INPUTS @ kernel + bias)[1]
    np.testing.assert_allclose(probabilities, _twin().fit(_INPUTS, _LABELS).predict_proba(_INPUTS), atol=1e-3)


def test_links_by_hand() -> None:
    logits = np.array([[0.0, np.log(3.0)]])
    partition, probabilities = logistic.sigmoid(logits)
    np.testing.assert_allclose(partition, [np.log(2) + np.log(4)])
    np.testing.assert_allclose(probabilities, [[0.5, 0.75]])
    partition, probabilities = logistic.softmax(logits)
    np.testing.assert_allclose(partition, [np.log(4)])
    np.testing.assert_allclose(probabilities, [[0.25, 0.75]])


def test_links_stand_huge_logits() -> None:
    for link in (logistic.sigmoid, logistic.softmax):
        partition, probabilities = link(np.array([[1e4, -1e4]]))
        np.testing.assert_allclose(partition, [1e4])
        np.testing.assert_allclose(probabilities, [[1, 0]])
