# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the checks of a problem, and of its directions."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.baselines import method

_FEATURES = np.ones((3, 2), np.float32)
_LABELS = np.array([0, 1, 1])
_VECTORS = np.eye(3, dtype=np.float32)


def _assert_error(message: str, features: np.ndarray, labels: np.ndarray, vectors: np.ndarray = _VECTORS) -> None:
    with pytest.raises(errors.UserError) as caught:
        method.Problem(features, labels, vectors, 2)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("features", "shape"), [(_FEATURES[:2], (2, 2)), (_FEATURES[0], (2,)), (_FEATURES[:, :0], (3, 0))]
)
def test_features_must_fit_the_labels(features: np.ndarray, shape: tuple[int, ...]) -> None:
    _assert_error(
        "`features` must be [images, numbers], with a label for each image. Received: features of shape "
        f"{shape}, labels of shape (3,). Take both from the same images.",
        features,
        _LABELS,
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_and_vectors_must_be_finite(value: float) -> None:
    message = (
        "`features` and domain vectors must be finite numbers. Received: some that are not. Correct the "
        "arrays, or the network that computed the features."
    )
    _assert_error(message, np.where(np.eye(3, 2), value, _FEATURES), _LABELS)
    _assert_error(message, _FEATURES, _LABELS, np.where(np.eye(3), value, _VECTORS))


@pytest.mark.parametrize(("labels", "last", "missing"), [([0, 0, 0], 2, [1]), ([0, 1, 3], 3, [])])
def test_labels_must_be_valid_and_include_every_seen_class(labels: list[int], last: int, missing: list[int]) -> None:
    _assert_error(
        f"`labels` must be indices of classes with domain vectors, and include every seen one. Received: labels up to "
        f"{last} for 3 classes, none of {missing} of the 2 seen. Give each seen class training images.",
        _FEATURES,
        np.array(labels),
    )


def test_directions_have_length_one() -> None:
    np.testing.assert_allclose(method.directions(np.array([[3.0, 4.0], [0.0, 2.0]])), [[0.6, 0.8], [0, 1]])


@pytest.mark.parametrize("size", [3, 5, 40])
def test_directions_keep_inner_products_in_no_more_numbers_than_classes(size: int) -> None:
    vectors = np.random.default_rng(0).normal(size=(5, size))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    directions = method.directions(vectors)
    assert directions.shape == (5, min(5, size))
    np.testing.assert_allclose(directions @ directions.T, units @ units.T, atol=1e-12)


def test_a_vector_of_zeros_stays_one() -> None:
    np.testing.assert_array_equal(method.directions(np.array([[0.0, 0.0], [2.0, 0.0]])), [[0, 0], [1, 0]])
