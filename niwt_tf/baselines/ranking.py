# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Bilinear scores F(x, c) = x^T W s_c that are learned by ranking: what ALE, DeViSE and SJE have in common.

They differ in how much each class counts that comes within a margin of an image's own, or goes past it. W starts at 0
and follows stochastic gradients with a constant learning rate; stopping early keeps it small.
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
    """A setting.

    Attributes:
      scaling: of the features, one of `scaling.WAYS`.
      learning_rate: of the mean gradient of a batch, above 0.
      steps: how many batches are looked at; each image once before any is again.
    """

    scaling: str
    learning_rate: float
    steps: int


def fit(problem: method.Problem, setting: Setting, margin: float, push: Push) -> method.Scores:
    """Returns x^T W s_c for all classes.

    Args:
      problem: what to fit.
      setting: how.
      margin: by how much an image's own class must lead.
      push: how far each class is within the margin, `[B,C]`, at most 0 where it is not or is the image's own -> how
        much it counts `[B,C]`, 0 there.
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
    """Yields the rows of batches, pass after pass, each in another order."""
    for epoch in itertools.count():
        order = np.random.default_rng([seed, epoch, 0x4A4C]).permutation(images)
        yield from np.split(order, range(_BATCH_SIZE, images, _BATCH_SIZE))


def gradient(
    weights: np.ndarray, features: np.ndarray, labels: np.ndarray, seen: np.ndarray, margin: float, push: Push
) -> np.ndarray:
    """Returns the mean over images of sum_c push_c x (s_c - s_own)^T, `[D,M]`.

    Args:
      weights: W `[D,M]`.
      features: `[B,D]`.
      labels: `[B]`.
      seen: the seen classes' vectors `[C,M]`.
      margin: as in `fit`.
      push: as in `fit`.
    """
    rows = np.arange(len(labels))
    scores = features @ weights @ seen.T
    within = margin + scores - scores[rows, labels][:, None]
    within[rows, labels] = 0
    counts = push(within)
    counts[rows, labels] = -counts.sum(1)
    return features.T @ (counts @ seen) / len(labels)
