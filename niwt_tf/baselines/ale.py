# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""ALE: rank classes by a loss that weights each class within the margin more if these are few.

Akata, Perronnin, Harchaoui and Schmid, "Label-embedding for image classification", TPAMI 2016, section 3.3.

The loss of an image is l_r / r times the sum over c of max(0, 1 + F(x, c) - F(x, own)), where r classes are within the
margin, and l_r = 1 + 1/2 + ... + 1/r. All classes are compared, so r is counted, not estimated by sampling.
"""

from __future__ import annotations

import itertools

import numpy as np

from niwt_tf.baselines import method, ranking, scaling

_MARGIN = 1.0

CANDIDATES = tuple(
    ranking.Setting(*values) for values in itertools.product(scaling.WAYS, (0.01, 0.1, 1.0, 10.0), (400, 4000))
)


def fit(problem: method.Problem, setting: ranking.Setting) -> method.Scores:
    """Fit W by ranking; the scores of all classes are F(x, c)."""
    return ranking.fit(problem, setting, _MARGIN, push)


def push(within: np.ndarray) -> np.ndarray:
    """Compute l_r / r for each of the r classes within the margin, and 0 for the others, `[B,C]`."""
    violates = within > 0
    ranks = violates.sum(1)
    sums = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, within.shape[1] + 1))])
    return (violates * (sums[ranks] / np.maximum(ranks, 1))[:, None]).astype(within.dtype)
