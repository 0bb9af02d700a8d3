# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""DEM: predict features from domain vectors by a network of two layers, and choose the nearest class.

Zhang, Xiang and Gong, "Learning a deep embedding model for zero-shot learning", CVPR 2017, section 3.2, equation 1.

min of 1/N sum over images |phi - f(f(s W1) W2)|^2 + lambda (|W1|^2 + |W2|^2), where f is the ReLU. All images of a
class share s, so the sum equals the sum over classes of n_c |mean phi - f(f(s_c W1) W2)|^2, except for a constant. The
loss is therefore computed over classes, not images. The outer f is left out if features can be below 0, which the
authors' features cannot.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import threadpoolctl

from niwt_tf.baselines import method, similarity
from niwt_tf.numerics import discriminant

_HIDDEN = 256
_LEARNING_RATE = 1e-3
_DECAYS = (0.9, 0.999)
_SMALL = 0.1  # distance of the first predictions from the mean features, relative to the length of these
_EPSILON = 1e-8  # as in Adam; also the least divisor of features in float32

Weights = list[np.ndarray]  # W1 [M,H], its bias [H], W2 [H,D], its bias [D]


@dataclasses.dataclass(frozen=True)
class Setting:
    """Setting of DEM.

    Attributes:
      penalty: Penalty lambda, at least 0.
      steps: Number of steps of Adam.
    """

    penalty: float
    steps: int


CANDIDATES = tuple(Setting(*values) for values in itertools.product((1e-2, 1e-3, 1e-4), (150, 600)))


@dataclasses.dataclass(frozen=True)
class Loss:
    """Loss of DEM.

    Attributes:
      vectors: `[C,M]` domain vectors of the seen classes.
      targets: `[C,D]` mean features of these classes.
      shares: `[C]` shares of these classes in the images, which sum to 1.
      penalty: Penalty lambda.
      rectified: True to apply the outer ReLU.
    """

    vectors: np.ndarray
    targets: np.ndarray
    shares: np.ndarray
    penalty: float
    rectified: bool

    def predict(self, weights: Weights, vectors: np.ndarray) -> np.ndarray:
        """Predict the features `[n,D]` of classes with vectors `[n,M]`."""
        output = np.maximum(vectors @ weights[0] + weights[1], 0) @ weights[2] + weights[3]
        return np.maximum(output, 0) if self.rectified else output

    def value_and_gradient(self, weights: Weights) -> tuple[float, Weights]:
        """Compute the loss and its gradient."""
        hidden = np.maximum(self.vectors @ weights[0] + weights[1], 0)
        output = hidden @ weights[2] + weights[3]
        error = (np.maximum(output, 0) if self.rectified else output) - self.targets
        value = self.shares @ (error**2).sum(1) + self.penalty * sum((kernel**2).sum() for kernel in weights[::2])
        outer = 2 * self.shares[:, None] * error * (output > 0 if self.rectified else 1)
        inner = outer @ weights[2].T * (hidden > 0)
        decay = [2 * self.penalty * kernel for kernel in weights[::2]]
        gradient = [self.vectors.T @ inner + decay[0], inner.sum(0), hidden.T @ outer + decay[1], outer.sum(0)]
        return float(value), gradient


def fit(problem: method.Problem, setting: Setting) -> method.Scores:
    """Fit the network; the scores are the negative squared distances to the features predicted for all classes."""
    scale = np.float32(1 / max(np.sqrt((problem.features**2).sum(1).mean()), _EPSILON))
    targets = discriminant.class_means(problem.features * scale, problem.labels, problem.seen_classes)
    counts = np.bincount(problem.labels, minlength=problem.seen_classes)
    vectors = problem.directions.astype(np.float32)
    loss = Loss(
        vectors[: problem.seen_classes],
        targets.astype(np.float32),
        (counts / counts.sum()).astype(np.float32),
        setting.penalty,
        bool((problem.features >= 0).all()),
    )
    with threadpoolctl.threadpool_limits(1):  # products as small as these are slower on several threads
        weights = _descend(loss, _start(vectors.shape[1], loss.targets.mean(0), problem.seed), setting.steps)
    prototypes = loss.predict(weights, vectors)
    return lambda features: similarity.closeness(features * scale, prototypes)


def _start(size: int, center: np.ndarray, seed: int) -> Weights:
    """Draw weights that predict features near the mean `center [D]` for every class.

    There the outer ReLU is active for all features; one that is inactive for all classes would stay inactive.
    """
    rng = np.random.default_rng([seed, 0xDE3])
    inner = rng.normal(size=(size, _HIDDEN)) * np.sqrt(2 / _HIDDEN)
    outer = rng.normal(size=(_HIDDEN, len(center))) * np.sqrt(2 / len(center)) * _SMALL
    return [array.astype(np.float32) for array in (inner, np.zeros(_HIDDEN), outer, center)]


def _descend(loss: Loss, weights: Weights, steps: int) -> Weights:
    """Update the weights by `steps` steps of Adam (Kingma and Ba, ICLR 2015)."""
    first, second = [np.zeros_like(array) for array in weights], [np.zeros_like(array) for array in weights]
    for step in range(1, steps + 1):
        rate = _LEARNING_RATE * np.sqrt(1 - _DECAYS[1] ** step) / (1 - _DECAYS[0] ** step)
        for number, gradient in enumerate(loss.value_and_gradient(weights)[1]):
            first[number] += (1 - _DECAYS[0]) * (gradient - first[number])
            second[number] += (1 - _DECAYS[1]) * (gradient**2 - second[number])
            weights[number] -= np.float32(rate) * first[number] / (np.sqrt(second[number]) + np.float32(_EPSILON))
    return weights
