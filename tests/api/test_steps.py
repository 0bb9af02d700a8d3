# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the method's steps on arrays, against numbers by hand and the library's own."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import niwt_tf
from fakes import colours
from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.evaluation import gzsl
from niwt_tf.method import importance
from niwt_tf.method.domain_map import domain_map, fit, relevance
from niwt_tf.method.weight_transfer import closed_form

_SIDE = 2
_LABELS = np.array([0, 0, 1, 1, 2, 2])
_VECTORS = np.eye(3)


@pytest.fixture(scope="module")
def classifier() -> classifier_lib.Classifier:
    """Red, green and blue, which are all seen."""
    whole = colours.classifier(_SIDE)
    return dataclasses.replace(
        whole, kernel=whole.kernel[:, :3], bias=whole.bias[:3], class_names=whole.class_names[:3], unseen=()
    )


@pytest.fixture(scope="module")
def found(classifier: classifier_lib.Classifier) -> importance.Importances:
    return niwt_tf.compute_importances(classifier, _images(), _LABELS, kept_images=4)


def _images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, _SIDE, _SIDE, 3), np.uint8)


def test_importances_by_hand_and_in_memory(found: importance.Importances) -> None:
    np.testing.assert_allclose(found.values, colours.KERNEL.T[_LABELS] / _SIDE**2)
    np.testing.assert_allclose(found.features, _images().mean((1, 2)), rtol=1e-5)
    np.testing.assert_array_equal(found.labels, _LABELS)
    assert found.activations.shape == (4, _SIDE, _SIDE, 3)
    assert not any(isinstance(getattr(found, f.name), np.memmap) for f in dataclasses.fields(found))


@pytest.mark.parametrize("how", ["ridge", "descent"])
def test_a_map_is_the_library_s(found: importance.Importances, how: str) -> None:
    fitted = niwt_tf.fit_map(_VECTORS, found, how, map_folds=3)
    sums = domain_map.class_sums(found.values, found.labels, 3)
    twin = fit.fit_to_sums(_VECTORS, sums, np.full(3, 2), config_lib.MapConfig(map_folds=3), 0, domain_map.MapFit(how))
    np.testing.assert_allclose(fitted(np.eye(3)), twin(np.eye(3)), rtol=1e-4)
    assert (fitted.steps > 0) == (how == "descent")


def test_a_map_has_the_layers_and_the_loss_that_are_asked_for(found: importance.Importances) -> None:
    deep = niwt_tf.fit_map(
        _VECTORS, found, "descent", map_folds=3, map_steps=5, map_layers=3, map_width=4, map_loss="l1"
    )
    assert [layer.name for layer in deep.forward.layers[-3:]] == ["hidden1", "hidden2", "importances"]
    assert deep.forward.layers[-2].units == 4
    with pytest.raises(errors.UserError, match="`map_layers` must be 1 for ridge regression"):
        niwt_tf.fit_map(_VECTORS, found, map_layers=2)


def test_seen_classes_ask_for_their_own_importances(found: importance.Importances) -> None:
    predicted = niwt_tf.fit_map(_VECTORS, found, map_penalties=(1e-4,))(_VECTORS)
    np.testing.assert_array_equal(predicted.argmax(1), [0, 1, 2])


def test_the_map_back_tells_the_class(found: importance.Importances) -> None:
    scores = niwt_tf.fit_inverse_map(_VECTORS, found)(found.values)
    np.testing.assert_array_equal(scores.argmax(1), _LABELS)


_ASKED = np.array([[1, 1, 0], [0, 3, 4]])


def test_weights_of_a_new_class_cause_what_is_asked_for(
    classifier: classifier_lib.Classifier, found: importance.Importances
) -> None:
    kernel = niwt_tf.transfer_weights(classifier, found, _ASKED)
    assert kernel.shape == (3, 2)  # importances of a feature are its weight over the positions
    np.testing.assert_allclose(
        kernel.T, _SIDE**2 * np.array([[np.sqrt(0.5), np.sqrt(0.5), 0], [0, 0.6, 0.8]]), rtol=1e-4, atol=1e-4
    )


def test_descent_finds_weights_of_the_same_direction(
    classifier: classifier_lib.Classifier, found: importance.Importances
) -> None:
    kernel = niwt_tf.transfer_weights(classifier, found, _ASKED, lambda_=0, transfer_fit="descent", transfer_steps=1000)
    np.testing.assert_allclose(kernel[:, 0] / np.linalg.norm(kernel[:, 0]), [0.707, 0.707, 0], atol=0.15)
    np.testing.assert_allclose(kernel[:, 1] / np.linalg.norm(kernel[:, 1]), [0, 0.6, 0.8], atol=0.15)


def test_errors_of_the_map_hold_weights_back(
    classifier: classifier_lib.Classifier, found: importance.Importances
) -> None:
    residuals = np.array([[1.0, 0, 0], [-1, 0, 0]])
    free, held, hard = (
        niwt_tf.transfer_weights(classifier, found, _ASKED, lambda_, residuals=residuals) for lambda_ in (0, 1, 9)
    )
    np.testing.assert_allclose(free, niwt_tf.transfer_weights(classifier, found, _ASKED), rtol=1e-5, atol=1e-6)
    assert free[0, 0] > held[0, 0] > hard[0, 0] > 0
    assert np.abs(hard[1:, 1] / free[1:, 1]).min() > np.abs(hard[0, 0] / free[0, 0])
    reach = closed_form.fit(classifier.backbone.head, found.activations, found.features, found.labels, 0.5)
    np.testing.assert_allclose(held, closed_form.solve(reach.weight_operator(residuals, 1), _ASKED), rtol=1e-5)


def test_the_shrinkage_of_the_classifier_counts_in_map_and_transfer(
    classifier: classifier_lib.Classifier, found: importance.Importances
) -> None:
    residuals = np.array([[1.0, 0, 0], [-1, 0, 0]])
    kernel, usual = (
        niwt_tf.transfer_weights(classifier, found, _ASKED, 1, residuals=residuals, **given)
        for given in ({"shrinkage": 0.2}, {})
    )
    reach = closed_form.fit(classifier.backbone.head, found.activations, found.features, found.labels, 0.2)
    np.testing.assert_allclose(kernel, closed_form.solve(reach.weight_operator(residuals, 1), _ASKED), rtol=1e-5)
    assert np.abs(kernel - usual).max() > 1e-3
    vectors = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1.0]])
    maps = [niwt_tf.fit_map(vectors, found, relevance=20, map_folds=3, shrinkage=share) for share in (0.5, 0.01)]
    assert np.abs(maps[0](np.eye(3)) - maps[1](np.eye(3))).max() > 1e-6


def test_a_map_learns_relevance_where_it_is_asked_to(found: importance.Importances) -> None:
    vectors = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1.0]])
    plain, fitted = (niwt_tf.fit_map(vectors, found, relevance=steps, map_folds=3) for steps in (0, 20))
    sums = domain_map.class_sums(found.values, found.labels, 3)
    prototypes = relevance.class_prototypes(found.features, found.labels, 3, 0.5)
    data = vectors, sums, np.full(3, 2), config_lib.MapConfig(map_folds=3)
    twin = fit.fit_to_sums(*data, 0, domain_map.MapFit("ridge", 20), prototypes=prototypes)
    np.testing.assert_allclose(fitted(np.eye(3)), twin(np.eye(3)), rtol=1e-4, atol=1e-6)
    assert (plain.relevance, fitted.relevance) == (0, 20)
    assert np.abs(plain(np.eye(3)) - fitted(np.eye(3))).max() > 1e-3


def test_new_classes_come_last_and_are_calibrated_on_training_images(
    classifier: classifier_lib.Classifier, found: importance.Importances
) -> None:
    kernel = np.array([[1.0], [1], [0]])
    more = niwt_tf.add_classes(classifier, kernel, ["yellow"], found.features, scale=0.25)
    assert more.class_names == ("red", "green", "blue", "yellow")
    assert more.unseen == ("yellow",)
    logits = more.logits(found.features)
    assert logits[:, 3].mean() == pytest.approx(logits[:, :3].mean(), rel=1e-4)
    taken = classifier.logits(found.features).argmax(1)
    means = {c: found.features[taken == c].mean(0) for c in set(taken)}
    within = found.features - np.stack([means[c] for c in taken])
    spreads = (within @ more.kernel).std(0)
    assert spreads[3] == pytest.approx(spreads[:3].mean() / 4, rel=1e-4)
    gamma = niwt_tf.choose_gamma(more, found.features, 0.5)
    assert ((logits[:, :3].max(1) - gamma) >= logits[:, 3]).mean() == 0.5


def test_scores_are_the_library_s() -> None:
    rng = np.random.default_rng(1)
    seen, unseen = rng.normal(size=(30, 5)), rng.normal(size=(20, 5))
    seen_labels, unseen_labels = np.arange(30) % 3, 3 + np.arange(20) % 2
    scores = niwt_tf.evaluate_gzsl(seen, seen_labels, unseen, unseen_labels, 3, gamma=0.5)
    test = gzsl.GzslLogits(seen, seen_labels, unseen, unseen_labels, 3)
    twin = gzsl.gzsl(test, 0.5)
    assert scores == {
        "seen_accuracy": twin.seen,
        "unseen_accuracy": twin.unseen,
        "harmonic_mean": 2 * twin.seen * twin.unseen / (twin.seen + twin.unseen),
        "zsl_accuracy": np.mean([np.mean(unseen[unseen_labels == c, 3:].argmax(1) == c - 3) for c in (3, 4)]),
        "ausuc": gzsl.curve(test).ausuc,
    }


def test_mistakes_are_told(classifier: classifier_lib.Classifier, found: importance.Importances) -> None:
    with pytest.raises(errors.UserError, match=r"`domain_vectors` must have a row for each class of the importances"):
        niwt_tf.fit_map(np.eye(4), found)
    with pytest.raises(errors.UserError, match="`how` must be one of ridge, descent|descent, ridge"):
        niwt_tf.fit_map(np.eye(3), found, "lasso")
    with pytest.raises(errors.UserError, match=r"`targets` must have a number for each neuron, \[N,3\]"):
        niwt_tf.transfer_weights(classifier, found, np.zeros((1, 4)))
    with pytest.raises(errors.UserError, match=r"`residuals` must have a number for each neuron, \[N,3\]"):
        niwt_tf.transfer_weights(classifier, found, np.ones((1, 3)), residuals=np.zeros((2, 4)))
    with pytest.raises(errors.UserError, match="`transfer_fit` must be one of closed, descent"):
        niwt_tf.transfer_weights(classifier, found, np.ones((1, 3)), transfer_fit="open")
    with pytest.raises(errors.UserError, match="`relevance` must be from 0 to 10000"):
        niwt_tf.fit_map(np.eye(3), found, relevance=-1)
    with pytest.raises(errors.UserError, match="`transfer_source` must be left to whole runs. Received: .*='noise'"):
        niwt_tf.transfer_weights(classifier, found, np.ones((1, 3)), transfer_source="noise")
    with pytest.raises(errors.UserError, match="`lambda_` must be at least 0"):
        niwt_tf.transfer_weights(classifier, found, np.ones((1, 3)), lambda_=-1)
    with pytest.raises(errors.UserError, match="`class_names` must be new to the classifier. Received: red"):
        niwt_tf.add_classes(classifier, np.ones((3, 1)), ["red"], found.features)
    with pytest.raises(errors.UserError, match=r"`kernel` must have a number for each new class, \[3,1\]"):
        niwt_tf.add_classes(classifier, np.ones((3, 2)), ["yellow"], found.features)
    with pytest.raises(errors.UserError, match="`seen_fraction` must be .* from 0 to 1. Received: seen_fraction=1.5"):
        niwt_tf.choose_gamma(classifier, found.features, 1.5)
    with pytest.raises(errors.UserError, match="`classifier` must have new classes"):
        niwt_tf.choose_gamma(classifier, found.features, 0.9)


def test_of_two_classes_a_map_is_learned_and_of_one_none(found: importance.Importances) -> None:
    two = dataclasses.replace(found, values=found.values[:4], labels=found.labels[:4], features=found.features[:4])
    one = dataclasses.replace(two, labels=np.zeros(4, np.int64))
    for fit_one in (niwt_tf.fit_map, niwt_tf.fit_inverse_map):
        assert np.isfinite(fit_one(np.eye(2), two).rank_correlation)
        with pytest.raises(errors.UserError, match="`importances` must be of two classes or more.*Received: 1"):
            fit_one(np.eye(2)[:1], one)


@pytest.mark.parametrize(
    ("name", "change", "rule"),
    [
        ("values", lambda array: [[1, 2], [3]], "be a matrix of numbers"),
        ("values", lambda array: np.float32, "be a matrix of numbers"),
        ("values", lambda array: array[:, :-1], "be finite floats, [n,H,W,2]"),
        ("labels", lambda array: [[1, 2], [3]], "be a whole number for each image"),
        ("activations", lambda array: [[1, 2], [3]], "be finite floats, [n,H,W,3]"),
    ],
)
def test_importances_must_be_arrays_that_fit_one_another(
    found: importance.Importances, name: str, change: Callable[[np.ndarray], Any], rule: str
) -> None:
    wrong = dataclasses.replace(found, **{name: change(getattr(found, name))})
    with pytest.raises(errors.UserError, match=re.escape(f"must {rule}")):
        niwt_tf.fit_inverse_map(_VECTORS, wrong)


@pytest.mark.parametrize("form", [memoryview, tf.constant, np.ndarray.tolist])
def test_importances_of_another_form_give_the_same(
    classifier: classifier_lib.Classifier, found: importance.Importances, form: Callable[[np.ndarray], Any]
) -> None:
    other = dataclasses.replace(
        found, **{name: form(getattr(found, name)) for name in ("values", "features", "activations")}
    )
    expected = niwt_tf.transfer_weights(classifier, found, np.ones((1, 3), np.float32))
    np.testing.assert_array_equal(niwt_tf.transfer_weights(classifier, other, np.ones((1, 3), np.float32)), expected)
