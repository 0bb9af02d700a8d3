# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what teaching within a limit needs of the seen classes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fakes import gaussian
from niwt_tf.models import known_means
from niwt_tf.models import model as model_lib


def _built(model: model_lib.Model, has_gate: bool = False) -> known_means.KnownMeans:
    assert model.labels is not None
    shrinkage = model.config.backbone.classifier_shrinkage
    return known_means.build(
        model.classifier, model.features, model.labels, model.knowledge.vectors, shrinkage, has_gate
    )


def test_a_head_in_closed_form_is_told_from_one_of_its_own() -> None:
    assert _built(gaussian.model()).is_head
    assert not _built(gaussian.model(), has_gate=True).is_head
    assert not _built(gaussian.model(True)).is_head


@pytest.mark.parametrize("factor", [0.1, 1, 8])
def test_logits_of_another_size_are_by_class_means_too(factor: float) -> None:
    model = gaussian.model()
    kernel, bias = (np.float32(factor) * part for part in (model.classifier.kernel, model.classifier.bias))
    classifier = dataclasses.replace(model.classifier, kernel=kernel, bias=bias)
    known = _built(dataclasses.replace(model, classifier=classifier))
    assert known.is_head and known.factor == pytest.approx(factor, rel=1e-3)


def test_weights_of_the_known_means_are_the_head() -> None:
    model, known = gaussian.model(), _built(gaussian.model())
    kernel, bias = known.weights(known.evidence.statistics.means)
    own = model.classifier.logits(model.features)
    other = model.features @ kernel + bias
    np.testing.assert_allclose(own - own.mean(1, keepdims=True), other - other.mean(1, keepdims=True), atol=1e-2)


@pytest.mark.parametrize("has_own_head", [False, True])
def test_means_and_coefficients_follow_from_weights(has_own_head: bool) -> None:
    known = _built(gaussian.model(has_own_head))
    coefficients = np.random.default_rng(0).normal(size=(3, gaussian.SEEN))
    coefficients += (1 - coefficients.sum(1, keepdims=True)) / gaussian.SEEN
    means = coefficients @ known.evidence.statistics.means
    kernel, _ = known.weights(means)
    np.testing.assert_allclose(known.means_of(kernel), means, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(known.coefficients_of(means) @ known.evidence.statistics.means, means, atol=1e-6)
    np.testing.assert_allclose(known.coefficients_of(means).sum(1), 1)


def test_a_left_out_image_is_scored_as_by_means_without_it() -> None:
    model = gaussian.model(per_class=5)
    known, row = _built(model), 7
    left = np.arange(len(model.features)) != row
    assert model.labels is not None
    without = dataclasses.replace(model, features=model.features[left], labels=model.labels[left])
    other = _built(without).evidence.statistics
    kernel, bias = other.weights(other.means)
    scores = model.features[row] @ kernel + bias
    own = known.evidence.statistics.left_out_known[row]
    assert scores.argmax() == own.argmax()
    np.testing.assert_allclose(own - own.mean(), scores - scores.mean(), rtol=0.1, atol=0.1 * np.ptp(scores))
