# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""ConSE: what a classifier of the seen classes makes of an image, told in their domain vectors. Norouzi et al.,
"Zero-shot learning by convex combination of semantic embeddings", ICLR 2014, section 3.2.

f(x) = 1/Z sum over the T likeliest seen classes of p(c | x) s_c, Z the sum of these p; the score of any class, seen or
not, is the cosine of f(x) and its vector. p is a softmax regression.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from niwt_tf.baselines import logistic, method, scaling, similarity


@dataclasses.dataclass(frozen=True)
class Setting:
    """A setting.

    Attributes:
      top: T, of how many classes the image is a mixture, at least 1.
      penalty: of the softmax regression, above 0.
    """

    top: int
    penalty: float


CANDIDATES = tuple(Setting(*values) for values in itertools.product((2, 5, 10, 20), (1e-2, 1e-3, 1e-4)))


def fit(problem: method.Problem, setting: Setting) -> method.Scores:
    """Returns cos(f(x), s_c) for all classes."""
    scale = scaling.fit("spread", problem.features)
    seen = problem.directions[: problem.seen_classes]
    targets = np.eye(len(seen))[problem.labels]
    kernel, bias = logistic.fit(scale(problem.features), targets, setting.penalty, logistic.softmax)

    def scores(features: np.ndarray) -> np.ndarray:
        probabilities = logistic.softmax(scale(features) @ kernel + bias)[1]
        return similarity.cosines(combine(probabilities, seen, setting.top), problem.directions)

    return scores


def combine(probabilities: np.ndarray, seen: np.ndarray, top: int) -> np.ndarray:
    """Returns f `[n,M]` for probabilities `[n,C]` of the seen classes and their vectors `[C,M]`."""
    least = np.sort(probabilities, axis=1)[:, -min(top, len(seen))]
    kept = np.where(probabilities >= least[:, None], probabilities, 0)
    return kept @ seen / kept.sum(1, keepdims=True)
