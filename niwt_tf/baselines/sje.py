# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""SJE: rank classes by the largest violation of a margin.

Akata, Reed, Walter, Lee and Schiele, "Evaluation of output embeddings for fine-grained image classification", CVPR
2015, section 3.

The loss of an image is max over c of (1 [c is not its own] + F(x, c)) - F(x, own).
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
    """Compute 1 for the class that is furthest within the margin, if there is one, and 0 for the others, `[B,C]`."""
    counts = np.zeros_like(within)
    worst = within.argmax(1)
    rows = np.arange(len(within))
    counts[rows, worst] = within[rows, worst] > 0
    return counts
