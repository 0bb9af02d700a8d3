# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of DEM: its loss by hand, its gradient by finite differences, and the sum over classes in place of images."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf.baselines import dem, method
from niwt_tf.numerics import discriminant

_RNG = np.random.default_rng(0)


def _weights() -> dem.Weights:
    shapes: list[tuple[int, ...]] = [(3, 4), (4,), (4, 2), (2,)]
    return [_RNG.normal(size=shape) for shape in shapes]


def _loss(rectified: bool = True) -> dem.Loss:
    return dem.Loss(
        _RNG.normal(size=(5, 3)), _RNG.uniform(size=(5, 2)), np.array([0.1, 0.3, 0.2, 0.2, 0.2]), 0.05, rectified
    )


def test_one_number_in_each_layer_by_hand() -> None:
    """Hidden max(0, 2 * 3 - 1) = 5, output 0.5 * 5 + 1 = 3.5; target 3: 0.25 + 0.1 (4 + 0.25)."""
    loss = dem.Loss(np.array([[3.0]]), np.array([[3.0]]), np.ones(1), 0.1, True)
    value, gradient = loss.value_and_gradient([np.array([[2.0]]), np.array([-1.0]), np.array([[0.5]]), np.array([1.0])])
    assert value == pytest.approx(0.675)
    np.testing.assert_allclose(np.concatenate([part.ravel() for part in gradient]), [1.5 + 0.4, 0.5, 5.1, 1.0])


@pytest.mark.parametrize("rectified", [True, False])
def test_the_gradient_agrees_with_finite_differences(rectified: bool) -> None:
    loss, weights, step = _loss(rectified), _weights(), 1e-6
    gradient = loss.value_and_gradient(weights)[1]
    for array, slopes in zip(weights, gradient, strict=True):
        for place in np.ndindex(array.shape):
            value = array[place]
            values = []
            for shifted in (value + step, value - step):
                array[place] = shifted
                values.append(loss.value_and_gradient(weights)[0])
            array[place] = value
            assert (values[0] - values[1]) / (2 * step) == pytest.approx(slopes[place], abs=1e-5)


def test_the_loss_over_classes_differs_from_that_over_images_by_a_constant() -> None:
    labels = np.array([0, 1, 1, 1, 2, 2])
    features, vectors = _RNG.uniform(size=(6, 2)), _RNG.normal(size=(3, 3))
    targets, counts = discriminant.class_means(features, labels, 3), np.bincount(labels)
    of_images = dem.Loss(vectors[labels], features, np.full(6, 1 / 6), 0.05, True)
    of_classes = dem.Loss(vectors, targets, counts / 6, 0.05, True)
    first, second = _weights(), _weights()
    differences = [
        one.value_and_gradient(first)[0] - one.value_and_gradient(second)[0] for one in (of_images, of_classes)
    ]
    assert differences[0] == pytest.approx(differences[1])


@pytest.mark.parametrize("shift", [0.0, -1.0])
def test_long_fits_reach_the_class_means(shift: float) -> None:
    features = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 4.0]], np.float32) + np.float32(shift)
    problem = method.Problem(features, np.array([0, 0, 1]), np.eye(2, dtype=np.float32), 2)
    scores = dem.fit(problem, dem.Setting(0.0, 800))(np.array([[2.0, 0.0], [0.0, 4.0]]) + shift)
    scale = 1 / (features**2).sum(1).mean()  # the mean squared length becomes 1
    np.testing.assert_allclose(scores, scale * np.array([[0, -20], [-20, 0]]), atol=0.02)
