# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""ESZSL: a bilinear score in closed form.

Romera-Paredes and Torr, "An embarrassingly simple approach to zero-shot learning", ICML 2015, section 3.

V = (X X^T + gamma I)^-1 X Y S^T (S S^T + lambda I)^-1, where Y is 1 for an image's own class and -1 for the others. The
score of class c is x^T V s_c.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
from scipy import linalg

from niwt_tf.baselines import method, scaling


@dataclasses.dataclass(frozen=True)
class Setting:
    """Setting of ESZSL.

    Attributes:
      scaling: Scaling of the features, one of `scaling.WAYS`.
      gamma: Penalty on the products of V and domain vectors, above 0.
      lambda_: Penalty on the products of V and features, above 0.
    """

    scaling: str
    gamma: float
    lambda_: float


CANDIDATES = tuple(
    Setting(*values)
    for values in itertools.product(scaling.WAYS, (1000.0, 100.0, 10.0, 1.0, 0.1), (10.0, 1.0, 0.1, 0.01, 0.001))
)


def fit(problem: method.Problem, setting: Setting) -> method.Scores:
    """Fit V; the scores of all classes are x^T V s_c."""
    scale = scaling.fit(setting.scaling, problem.features)
    seen = problem.directions[: problem.seen_classes]
    kernel = solve(scale(problem.features), problem.labels, seen, setting) @ problem.directions.T
    return lambda features: scale(features) @ kernel


def solve(features: np.ndarray, labels: np.ndarray, seen: np.ndarray, setting: Setting) -> np.ndarray:
    """Compute V `[D,M]` from features `[N,D]`, their labels `[N]`, and the seen classes' vectors `[C,M]`."""
    inputs = features.astype(np.float64)
    signs = np.where(labels[:, None] == np.arange(len(seen)), 1.0, -1.0)
    feature_gram = inputs.T @ inputs + setting.gamma * np.eye(inputs.shape[1])
    vector_gram = seen.T @ seen + setting.lambda_ * np.eye(seen.shape[1])
    left = linalg.solve(feature_gram, inputs.T @ signs @ seen, assume_a="pos")
    return linalg.solve(vector_gram, left.T, assume_a="pos").T
