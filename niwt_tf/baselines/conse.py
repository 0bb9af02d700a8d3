# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""ConSE: predict a domain vector as a mixture of those of an image's likeliest seen classes.

Norouzi et al., "Zero-shot learning by convex combination of semantic embeddings", ICLR 2014, section 3.2.

f(x) = 1/Z sum over the T likeliest seen classes of p(c | x) s_c, where Z is the sum of these p. The score of any class,
seen or not, is the cosine of f(x) and its vector. p is a softmax regression.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from niwt_tf.baselines import logistic, method, scaling, similarity


@dataclasses.dataclass(frozen=True)
class Setting:
    """Setting of ConSE.

    Attributes:
      top: Number T of seen classes that are mixed, at least 1.
      penalty: Penalty of the softmax regression, above 0.
    """

    top: int
    penalty: float


CANDIDATES = tuple(Setting(*values) for values in itertools.product((2, 5, 10, 20), (1e-2, 1e-3, 1e-4)))


def fit(problem: method.Problem, setting: Setting) -> method.Scores:
    """Fit the softmax regression; the scores of all classes are cos(f(x), s_c)."""
    scale = scaling.fit("spread", problem.features)
    seen = problem.directions[: problem.seen_classes]
    targets = np.eye(len(seen))[problem.labels]
    kernel, bias = logistic.fit(scale(problem.features), targets, setting.penalty, logistic.softmax)

    def scores(features: np.ndarray) -> np.ndarray:
        probabilities = logistic.softmax(scale(features) @ kernel + bias)[1]
        return similarity.cosines(combine(probabilities, seen, setting.top), problem.directions)

    return scores


def combine(probabilities: np.ndarray, seen: np.ndarray, top: int) -> np.ndarray:
    """Compute f `[n,M]` from probabilities `[n,C]` of the seen classes and their vectors `[C,M]`."""
    least = np.sort(probabilities, axis=1)[:, -min(top, len(seen))]
    kept = np.where(probabilities >= least[:, None], probabilities, 0)
    return kept @ seen / kept.sum(1, keepdims=True)
