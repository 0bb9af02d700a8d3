# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what a finished run holds of each class as a vector."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from fakes import finished
from niwt_tf.backbones import classifier
from niwt_tf.method import importance
from niwt_tf.runs import artefacts, class_vectors


def test_importances_that_weights_cause_by_hand() -> None:
    """Over global average pooling they are the weights themselves over H W, so their direction is the weights'."""
    activations = keras.Input((2, 3, 2))
    head = keras.Model(activations, keras.layers.GlobalAveragePooling2D()(activations))
    images = np.random.default_rng(0).normal(size=(5, 2, 3, 2)).astype(np.float16)
    caused = importance.of_weights(head, images, np.array([[3, 0, 0], [4, -2, 0]], np.float32))
    np.testing.assert_allclose(caused, [[0.6, 0.8], [0, -1], [0, 0]], atol=1e-6)


def test_vectors_of_a_run_are_of_all_classes(tmp_path: Path) -> None:
    finished.write(tmp_path / "run")
    vectors = class_vectors.load(artefacts.RunArtefacts(tmp_path / "run"))
    kernel = classifier.Classifier.load(tmp_path / "run" / "transfer").kernel
    assert vectors.domain.shape == (5, 5)
    assert vectors.predicted.shape == vectors.observed.shape == (5, finished.NEURONS)
    np.testing.assert_array_equal(vectors.weights, kernel.T)
    unseen = kernel.T[3:] / np.linalg.norm(kernel.T[3:], axis=1, keepdims=True)
    np.testing.assert_allclose(vectors.observed[3:], unseen, atol=1e-5)


def test_observed_importances_of_a_seen_class_are_the_mean_of_its_images_unit_importances(tmp_path: Path) -> None:
    finished.write(tmp_path / "run")
    values, labels = (np.load(tmp_path / "run" / "importances" / f"{name}.npy") for name in ("values", "labels"))
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    expected = [unit[labels == label].mean(0) for label in range(3)]
    np.testing.assert_allclose(
        class_vectors.load(artefacts.RunArtefacts(tmp_path / "run")).observed[:3], expected, atol=1e-5
    )


def test_rank_correlation_is_of_each_class() -> None:
    predicted, observed = np.array([[1, 2, 3], [1, 2, 3]]), np.array([[2, 4, 8], [3, 2, 1]])
    vectors = class_vectors.ClassVectors(predicted, predicted, observed, predicted)
    assert vectors.rank_correlations == pytest.approx([1, -1])
