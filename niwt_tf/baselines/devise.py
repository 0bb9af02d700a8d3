# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""DeViSE: rank classes by the sum of their violations of a margin.

Frome et al., "DeViSE: a deep visual-semantic embedding model", NIPS 2013, section 3.3, equation 1.

The loss of an image is the sum over c of max(0, margin - s_own M x + s_c M x), with vectors of length 1 and a margin of
0.1. The features are fixed, so the network that computes them is not trained.
"""

from __future__ import annotations

import itertools

import numpy as np

from niwt_tf.baselines import method, ranking, scaling

_MARGIN = 0.1

CANDIDATES = tuple(
    ranking.Setting(*values) for values in itertools.product(scaling.WAYS, (0.001, 0.01, 0.1, 1.0), (400, 4000))
)


def fit(problem: method.Problem, setting: ranking.Setting) -> method.Scores:
    """Fit M by ranking; the scores of all classes are s_c M x."""
    return ranking.fit(problem, setting, _MARGIN, push)


def push(within: np.ndarray) -> np.ndarray:
    """Compute 1 for every class within the margin, and 0 for the others, `[B,C]`."""
    return (within > 0).astype(within.dtype)
