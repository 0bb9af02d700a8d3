# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the weights of several requests at once: each as if it were alone, by either way."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from niwt_tf import config as config_lib
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import small
from niwt_tf.method.weight_transfer import closed_form, descent, solve

_CONFIG = config_lib.TransferConfig(transfer_steps=4)


@pytest.fixture(scope="module")
def classifier() -> classifier_lib.Classifier:
    """Two seen classes and an unseen one, which descent must not start from."""
    keras.utils.set_random_seed(0)
    kernel = np.random.default_rng(0).normal(size=(128, 3)).astype(np.float32)
    backbone = backbone_lib.Backbone(small.build(16), "conv3")
    return classifier_lib.Classifier(backbone, kernel, np.zeros(3, np.float32), ("a", "b", "c"), ("c",))


def _activations(classifier: classifier_lib.Classifier) -> np.ndarray:
    return np.random.default_rng(1).uniform(size=(4, *classifier.backbone.activation_shape)).astype(np.float16)


def _targets(classifier: classifier_lib.Classifier) -> list[np.ndarray]:
    rng, neurons = np.random.default_rng(2), classifier.backbone.activation_shape[-1]
    return [rng.normal(size=(count, neurons)) for count in (2, 1)]


def test_requests_with_operators_are_solved_by_these(classifier: classifier_lib.Classifier) -> None:
    targets = _targets(classifier)
    operators = [np.random.default_rng(seed).normal(size=(128, targets[0].shape[1])) for seed in (3, 4)]
    requests = [solve.Request(*pair) for pair in zip(targets, (0.0, 0.5), operators, strict=True)]
    kernels = solve.weights(requests, classifier, _activations(classifier), _CONFIG, 0)
    for kernel, operator, wanted in zip(kernels, operators, targets, strict=True):
        np.testing.assert_array_equal(kernel, closed_form.solve(operator, wanted))


def test_requests_without_operators_are_columns_of_one_descent(classifier: classifier_lib.Classifier) -> None:
    targets, activations = _targets(classifier), _activations(classifier)
    requests = [solve.Request(*pair) for pair in zip(targets, (0.0, 0.5), strict=True)]
    kernels = solve.weights(requests, classifier, activations, _CONFIG, 5)
    assert [kernel.shape for kernel in kernels] == [(128, 2), (128, 1)]
    pulls, seen = np.array([0.0, 0.0, 0.5]), classifier.kernel[:, :2]
    head = classifier.backbone.head
    expected = descent.transfer(head, activations, np.concatenate(targets), seen, pulls, _CONFIG, 5)
    np.testing.assert_allclose(np.concatenate(kernels, axis=1), expected, rtol=1e-5, atol=1e-6)


def test_requests_with_and_without_operators_are_not_mixed(classifier: classifier_lib.Classifier) -> None:
    first, second = _targets(classifier)
    requests = [solve.Request(first, 0.0, np.zeros((128, first.shape[1]))), solve.Request(second, 0.0)]
    with pytest.raises(ValueError, match=r"^All requests must have an operator, or none\. Received: 1 of 2\.$"):
        solve.weights(requests, classifier, _activations(classifier), _CONFIG, 0)
