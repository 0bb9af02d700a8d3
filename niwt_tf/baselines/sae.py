# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""SAE: map features linearly to the domain, and back by the transposed map.

Kodirov, Xiang and Gong, "Semantic autoencoder for zero-shot learning", CVPR 2017, sections 3.2 and 3.3.

min over W of |X - W^T S|^2 + lambda |W X - S|^2 is the Sylvester equation A W + W B = C with A = S S^T,
B = lambda X X^T, C = (1 + lambda) S X^T. A and B are symmetric, so it is solved separately along their eigenvectors.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
from scipy import linalg

from niwt_tf.baselines import method, scaling, similarity

_LEAST_SHARE = 1e-10  # of the largest sum of eigenvalues; W is not determined in directions with a smaller sum


@dataclasses.dataclass(frozen=True)
class Setting:
    """Setting of SAE.

    Attributes:
      lambda_: Weight of the error of the map to the domain relative to that of the way back, above 0.
      compared: Space in which images and classes are compared, `domain` or `features`.
    """

    lambda_: float
    compared: str


CANDIDATES = tuple(
    Setting(*values)
    for values in itertools.product((0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0), ("domain", "features"))
)


def fit(problem: method.Problem, setting: Setting) -> method.Scores:
    """Fit W; the scores are cosines of W x and s_c, or of x and W^T s_c.

    Features have length 1, as the authors' do.
    """
    scale = scaling.fit("length", problem.features)
    own = problem.directions[problem.labels]
    weights = solve(scale(problem.features).astype(np.float64), own, setting.lambda_)
    if setting.compared == "features":
        prototypes = problem.directions @ weights
        return lambda features: similarity.cosines(features, prototypes)
    return lambda features: similarity.cosines(features @ weights.T, problem.directions)


def solve(features: np.ndarray, own: np.ndarray, lambda_: float) -> np.ndarray:
    """Compute W `[M,D]` from features `[N,D]` and the domain vector of each image, `[N,M]`."""
    vector_values, vector_basis = linalg.eigh(own.T @ own)
    feature_values, feature_basis = linalg.eigh(lambda_ * features.T @ features)
    right = (1 + lambda_) * (vector_basis.T @ (own.T @ features) @ feature_basis)
    sums = vector_values[:, None] + feature_values
    determined = sums > _LEAST_SHARE * sums.max()
    return vector_basis @ np.where(determined, right / np.where(determined, sums, 1), 0) @ feature_basis.T
