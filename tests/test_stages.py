# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what stages make of logits, and of activations; whole stages are tested in test_pipeline.py."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf import importance, stages, transfer_source
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import small
from niwt_tf.data import zero_shot


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
    test = (_SEEN, np.arange(3), _UNSEEN[: len(unseen_labels)], np.array(unseen_labels, np.int64))
    return stages._scores(test, _dataset(unseen_labels, imageless), 1.5)


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


def _run(has_activations: bool = False, **transfer: Any) -> Any:
    """Returns what stages ask of a run."""
    settings = config_lib.RunConfig(transfer=config_lib.TransferConfig(transfer_images=3, **transfer))
    return types.SimpleNamespace(config=settings, has_activations=has_activations, jit_compile=False)


def test_weights_are_found_on_training_images_or_what_is_named(
    classifier: classifier_lib.Classifier, tmp_path: Path
) -> None:
    observed = importance.Importances(*(np.zeros(1) for _ in range(4)))
    assert stages._transferred_on(_run(), classifier, observed, tmp_path) is observed.activations
    assert not list(tmp_path.iterdir())
    run = _run(transfer_source="noise")
    found = stages._transferred_on(run, classifier, observed, tmp_path)
    (noise,) = transfer_source.images(run.config.transfer, 16, 0)
    np.testing.assert_allclose(found, classifier.backbone.trunk(noise, training=False), rtol=2**-9, atol=1e-4)
    np.testing.assert_array_equal(np.load(tmp_path / "activations.npy"), found)


@pytest.mark.parametrize("has_activations", [False, True])
def test_importances_of_probabilities_are_of_images_or_of_kept_activations(
    has_activations: bool, classifier: classifier_lib.Classifier, tmp_path: Path
) -> None:
    images = np.random.default_rng(1).integers(0, 256, (4, 16, 16, 3), np.uint8)
    activations = classifier.backbone.trunk(images, training=False)
    labels = np.array([0, 1, 2, 1])
    split = zero_shot.Split(tf.data.Dataset.from_tensor_slices(activations if has_activations else images), labels)
    found = stages._of_probability(_run(has_activations), classifier, split, tmp_path / "group")
    logits = tf.constant(classifier.logits(found.features))
    asked = importance.weights_of_probability(tf.constant(classifier.kernel.T), logits, labels)
    expected = importance.importances(importance.inference(classifier.backbone.head), activations, asked)
    np.testing.assert_allclose(found.values, expected, rtol=1e-3, atol=1e-6)
    assert (tmp_path / "group" / "importances" / "values.npy").exists() and len(found.activations) == 3
