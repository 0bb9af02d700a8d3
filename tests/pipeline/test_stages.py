# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what stages make of logits, and of activations; whole stages are tested in test_pipeline.py."""

from __future__ import annotations

import dataclasses
import types
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import small
from niwt_tf.data import zero_shot
from niwt_tf.evaluation import gzsl
from niwt_tf.method import importance, validation
from niwt_tf.method.domain_map import domain_map
from niwt_tf.method.weight_transfer import closed_form, descent
from niwt_tf.method.weight_transfer import images as images_lib
from niwt_tf.pipeline import stages


def _split(labels: list[int]) -> zero_shot.Split:
    images = tf.data.Dataset.from_tensor_slices(np.zeros((len(labels), 2, 2, 3), np.uint8))
    return zero_shot.Split(images, np.array(labels, np.int64))


def _dataset(unseen_labels: list[int], imageless: tuple[str, ...]) -> zero_shot.ZeroShotDataset:
    """Returns three seen and two unseen classes."""
    return zero_shot.ZeroShotDataset(
        name="toy",
        seen=("ant", "bee", "cat"),
        unseen=("fox", "gnu"),
        validation=("cat",),
        train=_split([0, 1, 2]),
        test_seen=_split([0, 1, 2]),
        test_unseen=_split(unseen_labels),
        descriptions=zero_shot.Descriptions(),
        split_version="1",
        split_sha256="abc",
        imageless=imageless,
    )


_SEEN = np.array([[3.0, 0, 0, 2, 0], [0, 1, 0, 2, 0], [0, 0, 3, 0, 1]])
_UNSEEN = np.array([[3.0, 0, 0, 2, 1], [0, 0, 0, 1, 0], [2, 0, 0, 0, 1]])
_OF_SEEN = {
    "gamma": 1.5,
    "backbone_accuracy": 1.0,
    "seen_accuracy": 1 / 3,
    "seen_accuracy_uncalibrated": 2 / 3,
}


def _scores(unseen_labels: list[int], imageless: tuple[str, ...] = ()) -> dict[str, Any]:
    labels, columns = np.array(unseen_labels, np.int64), _dataset(unseen_labels, imageless).imageless_columns
    test = gzsl.GzslLogits(_SEEN, np.arange(3), _UNSEEN[: len(unseen_labels)], labels, 3, columns)
    return stages._scores(test, 1.5)


def test_scores_by_hand() -> None:
    unseen = {
        "unseen_accuracy": 1.0,
        "unseen_accuracy_uncalibrated": 1 / 4,
        "harmonic_mean": 2 * (1 / 3) / (4 / 3),
        "harmonic_mean_uncalibrated": 2 * (2 / 3) * (1 / 4) / (11 / 12),
        "zsl_accuracy": 1.0,
    }
    scores = _scores([3, 3, 4])
    assert 0 < scores.pop("ausuc") < 1
    assert scores == pytest.approx(_OF_SEEN | unseen)


def test_unseen_classes_without_images_do_not_count() -> None:
    scores = _scores([3, 3], ("gnu",))
    assert scores["unseen_accuracy_uncalibrated"] == pytest.approx(1 / 2)
    assert scores["zsl_accuracy"] == 1.0
    assert {name: scores[name] for name in _OF_SEEN} == pytest.approx(_OF_SEEN)


def test_without_unseen_test_images_the_scores_that_take_them_are_none() -> None:
    scores = _scores([], ("fox", "gnu"))
    assert {name: scores.pop(name) for name in _OF_SEEN} == pytest.approx(_OF_SEEN)
    assert scores == dict.fromkeys(
        (
            "unseen_accuracy",
            "harmonic_mean",
            "unseen_accuracy_uncalibrated",
            "harmonic_mean_uncalibrated",
            "zsl_accuracy",
            "ausuc",
        )
    )
    assert _scores([3, 3, 4]).keys() == _scores([], ("fox", "gnu")).keys()


@pytest.fixture(scope="module")
def classifier() -> classifier_lib.Classifier:
    keras.utils.set_random_seed(0)
    kernel = np.random.default_rng(0).normal(size=(128, 3)).astype(np.float32)
    backbone = backbone_lib.Backbone(small.build(16), "conv3")
    return classifier_lib.Classifier(backbone, kernel, np.zeros(3, np.float32), ("a", "b", "c"))


def _run(has_activations: bool = False, **changes: Any) -> Any:
    """Returns what stages ask of a run."""
    settings = config_lib.RunConfig(transfer=config_lib.TransferConfig(transfer_images=3, **changes))
    return types.SimpleNamespace(config=settings, has_activations=has_activations, jit_compile=False)


def test_weights_are_found_on_training_images_or_what_is_named(
    classifier: classifier_lib.Classifier, tmp_path: Path
) -> None:
    observed = importance.Importances(*(np.zeros(1) for _ in range(4)))
    assert stages._transfer_activations(_run(), classifier, observed, tmp_path) is observed.activations
    assert not list(tmp_path.iterdir())
    run = _run(transfer_source="noise")
    found = stages._transfer_activations(run, classifier, observed, tmp_path)
    (noise,) = images_lib.images(run.config.transfer, 16, 0)
    np.testing.assert_allclose(found, classifier.backbone.trunk(noise, training=False), rtol=2**-9, atol=1e-4)
    np.testing.assert_array_equal(np.load(tmp_path / "activations.npy"), found)


class _Map:
    """Predicts the same importances `[U,K]` for whatever it is asked, and errs by `residuals`."""

    def __init__(self, predicted: np.ndarray, residuals: np.ndarray):
        self.residuals = residuals
        self._predicted = predicted

    def __call__(self, domain_vectors: np.ndarray) -> np.ndarray:
        return self._predicted


_LAMBDAS = (0.0, 0.5)
_DESCENT, _RIDGE, _ARD = (domain_map.MapFit(*fit) for fit in (("descent",), ("ridge", 10), ("ridge", 100)))


@pytest.fixture(scope="module")
def observed(classifier: classifier_lib.Classifier) -> importance.Importances:
    rng = np.random.default_rng(2)
    activations = rng.uniform(size=(4, *classifier.backbone.activation_shape)).astype(np.float16)
    labels = np.arange(40) % 3
    return importance.Importances(np.zeros(1), labels, rng.normal(size=(40, 128)).astype(np.float32), activations)


@pytest.fixture(scope="module")
def maps(classifier: classifier_lib.Classifier) -> dict[domain_map.MapFit, Any]:
    rng, neurons = np.random.default_rng(3), classifier.backbone.activation_shape[-1]
    return {fit: _Map(rng.normal(size=(2, neurons)), rng.normal(size=(5, neurons))) for fit in (_DESCENT, _RIDGE, _ARD)}


def test_weights_in_closed_form_are_of_each_map_with_each_lambda(
    classifier: classifier_lib.Classifier, observed: importance.Importances, maps: dict[domain_map.MapFit, Any],
    tmp_path: Path,
) -> None:  # fmt: skip
    run = _run()
    kernels = stages._kernels(run, classifier, observed, maps, np.zeros((2, 9)), _LAMBDAS, tmp_path / "new")
    assert [*kernels] == [validation.Transfer(fit, lambda_) for fit in maps for lambda_ in _LAMBDAS]
    head, shrinkage = classifier.backbone.head, run.config.backbone.classifier_shrinkage
    reach = closed_form.fit(head, observed.activations, observed.features, observed.labels, shrinkage)
    for (fit, lambda_), kernel in kernels.items():
        one = maps[fit]
        expected = closed_form.solve(reach.weight_operator(one.residuals, lambda_), one(np.zeros((2, 9))))
        np.testing.assert_allclose(kernel, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    assert not list((tmp_path / "new").iterdir())  # of several none is what teaching goes on with


def test_of_the_one_map_and_lambda_that_were_chosen_the_operator_is_kept(
    classifier: classifier_lib.Classifier, observed: importance.Importances, maps: dict[domain_map.MapFit, Any],
    tmp_path: Path,
) -> None:  # fmt: skip
    chosen = {_RIDGE: maps[_RIDGE]}
    (kernel,) = stages._kernels(_run(), classifier, observed, chosen, np.zeros((2, 9)), (0.5,), tmp_path).values()
    operator = np.load(tmp_path / "operator.npy", allow_pickle=False)
    np.testing.assert_array_equal(closed_form.solve(operator, maps[_RIDGE](np.zeros((2, 9)))), kernel)


def test_weights_by_descent_are_of_each_map_with_each_lambda(
    classifier: classifier_lib.Classifier, observed: importance.Importances, maps: dict[domain_map.MapFit, Any],
    tmp_path: Path,
) -> None:  # fmt: skip
    run = _run(transfer_fit="descent", transfer_steps=4)
    run.config = dataclasses.replace(run.config, seed=5)
    some = {fit: maps[fit] for fit in (_DESCENT, _ARD)}
    kernels = stages._kernels(run, classifier, observed, some, np.zeros((2, 9)), _LAMBDAS, tmp_path)
    targets = np.concatenate([one(np.zeros((2, 9))) for one in some.values() for _ in _LAMBDAS])
    pulls = np.array([0, 0, 0.5, 0.5] * 2)
    head, settings = classifier.backbone.head, run.config.transfer
    columns = descent.transfer(head, observed.activations, targets, classifier.kernel, pulls, settings, 5)
    expected = dict(
        zip([validation.Transfer(fit, lambda_) for fit in some for lambda_ in _LAMBDAS], range(0, 8, 2), strict=True)
    )
    assert [*kernels] == [*expected]
    for key, first in expected.items():
        np.testing.assert_allclose(kernels[key], columns[:, first : first + 2], rtol=1e-5, atol=1e-6)
    (log,) = tmp_path.iterdir()  # and no operator
    events = tf.compat.v1.train.summary_iterator(str(log))
    assert {value.tag for event in events for value in event.summary.value} == {"loss", "cosine"}
