# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Learn bilinear scores F(x, c) = x^T W s_c by ranking, the common part of ALE, DeViSE and SJE.

They differ in the weight of each class whose score comes within a margin of that of an image's own class, or exceeds
it. W starts at 0 and follows stochastic gradients with a constant learning rate; early stopping keeps it small.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator

import numpy as np
import threadpoolctl

from niwt_tf.baselines import method, scaling

Push = Callable[[np.ndarray], np.ndarray]
_BATCH_SIZE = 32


@dataclasses.dataclass(frozen=True)
class Setting:
    """Setting of a ranking method.

    Attributes:
      scaling: Scaling of the features, one of `scaling.WAYS`.
      learning_rate: Learning rate for the mean gradient of a batch, above 0.
      steps: Number of batches. Each image is used once before any is used again.
    """

    scaling: str
    learning_rate: float
    steps: int


def fit(problem: method.Problem, setting: Setting, margin: float, push: Push) -> method.Scores:
    """Fit W by stochastic gradient descent; the scores of all classes are x^T W s_c.

    Args:
      problem: Problem to fit.
      setting: Scaling, learning rate and steps.
      margin: Margin by which an image's own class must lead.
      push: Function from how far each class is within the margin, `[B,C]`, to its weight, `[B,C]`. The distance is at
        most 0 for classes outside the margin and for the image's own class; their weight is 0.
    """
    scale = scaling.fit(setting.scaling, problem.features)
    features, labels = scale(problem.features).astype(np.float32), problem.labels
    seen = problem.directions[: problem.seen_classes].astype(np.float32)
    weights = np.zeros((features.shape[1], seen.shape[1]), np.float32)
    with threadpoolctl.threadpool_limits(1):  # products as small as these are slower on several threads
        for rows in itertools.islice(_batches(len(features), problem.seed), setting.steps):
            weights -= setting.learning_rate * gradient(weights, features[rows], labels[rows], seen, margin, push)
    kernel = weights @ problem.directions.T.astype(np.float32)
    return lambda values: scale(values) @ kernel


def _batches(images: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the row indices of batches, pass after pass, each pass in another order."""
    for epoch in itertools.count():
        order = np.random.default_rng([seed, epoch, 0x4A4C]).permutation(images)
        yield from np.split(order, range(_BATCH_SIZE, images, _BATCH_SIZE))


def gradient(
    weights: np.ndarray, features: np.ndarray, labels: np.ndarray, seen: np.ndarray, margin: float, push: Push
) -> np.ndarray:
    """Compute the mean over images of sum_c push_c x (s_c - s_own)^T, `[D,M]`.

    Args:
      weights: W, `[D,M]`.
      features: `[B,D]` features.
      labels: `[B]` labels.
      seen: `[C,M]` vectors of the seen classes.
      margin: Margin, see `fit`.
      push: Function from distances to weights, see `fit`.
    """
    rows = np.arange(len(labels))
    scores = features @ weights @ seen.T
    within = margin + scores - scores[rows, labels][:, None]
    within[rows, labels] = 0
    counts = push(within)
    counts[rows, labels] = -counts.sum(1)
    return features.T @ (counts @ seen) / len(labels)
