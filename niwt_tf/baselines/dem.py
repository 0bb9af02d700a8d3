# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""DEM: a network of two layers from domain vectors to features, and the nearest class there. Zhang, Xiang and Gong,
"Learning a deep embedding model for zero-shot learning", CVPR 2017, section 3.2, equation 1.

min of 1/N sum over images |phi - f(f(s W1) W2)|^2 + lambda (|W1|^2 + |W2|^2), f the ReLU. As all images of a class
share s, the sum is that over classes of n_c |mean phi - f(f(s_c W1) W2)|^2, less a constant: so classes are gone
through, and not images. Where features go below 0, which the authors' do not, the outer f is left out.
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
_SMALL = 0.1  # how far the first guesses are from the mean features, in lengths of these
_TINY = 1e-8

Weights = list[np.ndarray]  # W1 [M,H], its bias [H], W2 [H,D], its bias [D]


@dataclasses.dataclass(frozen=True)
class Setting:
    """A setting.

    Attributes:
      penalty: lambda, at least 0.
      steps: of Adam.
    """

    penalty: float
    steps: int


CANDIDATES = tuple(Setting(*values) for values in itertools.product((1e-2, 1e-3, 1e-4), (150, 600)))


@dataclasses.dataclass(frozen=True)
class Loss:
    """The loss.

    Attributes:
      vectors: of the seen classes, `[C,M]`.
      targets: their mean features, `[C,D]`.
      shares: of the images, `[C]`, that sum to 1.
      penalty: lambda.
      rectified: whether the outer ReLU is there.
    """

    vectors: np.ndarray
    targets: np.ndarray
    shares: np.ndarray
    penalty: float
    rectified: bool

    def predict(self, weights: Weights, vectors: np.ndarray) -> np.ndarray:
        """Returns the features `[n,D]` expected of vectors `[n,M]`."""
        output = np.maximum(vectors @ weights[0] + weights[1], 0) @ weights[2] + weights[3]
        return np.maximum(output, 0) if self.rectified else output

    def value_and_gradient(self, weights: Weights) -> tuple[float, Weights]:
        """Returns the loss and its gradient."""
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
    """Returns the negative squared distances to the features expected of all classes."""
    scale = np.float32(1 / max(np.sqrt((problem.features**2).sum(1).mean()), _TINY))
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
    """Returns weights from which every class is expected near the mean features `center [D]`.

    There no outer ReLU is shut; one that is for all classes would stay so.
    """
    rng = np.random.default_rng([seed, 0xDE3])
    inner = rng.normal(size=(size, _HIDDEN)) * np.sqrt(2 / _HIDDEN)
    outer = rng.normal(size=(_HIDDEN, len(center))) * np.sqrt(2 / len(center)) * _SMALL
    return [array.astype(np.float32) for array in (inner, np.zeros(_HIDDEN), outer, center)]


def _descend(loss: Loss, weights: Weights, steps: int) -> Weights:
    """Returns the weights after `steps` of Adam (Kingma and Ba, ICLR 2015)."""
    first, second = [np.zeros_like(array) for array in weights], [np.zeros_like(array) for array in weights]
    for step in range(1, steps + 1):
        rate = _LEARNING_RATE * np.sqrt(1 - _DECAYS[1] ** step) / (1 - _DECAYS[0] ** step)
        for number, gradient in enumerate(loss.value_and_gradient(weights)[1]):
            first[number] += (1 - _DECAYS[0]) * (gradient - first[number])
            second[number] += (1 - _DECAYS[1]) * (gradient**2 - second[number])
            weights[number] -= np.float32(rate) * first[number] / (np.sqrt(second[number]) + np.float32(_TINY))
    return weights
