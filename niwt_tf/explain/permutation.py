# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests by permutation whether a neuron's activations follow any feature at all.

Images of a class are not independent, so whole classes are permuted: each permutation gives the rows of the features
to other classes. It keeps how the features of a class go together. Of each neuron's correlations with all features the
highest counts, so that the p-value is already corrected for the number of features tried (Westfall and Young, 1993).
The neuron's own activations are permuted, so the test is exact, ties included. A neuron that many permutations match
needs no more of them: permutations go on until a fixed number of them match (Besag and Clifford, Biometrika 1991).
"""

from __future__ import annotations

import numpy as np

from niwt_tf.numerics import choice, constants

_PERMUTATIONS = 1999
_ENOUGH = 10  # matches
_BLOCK = 16  # permutations at a time


def p_values(scores: np.ndarray, has: np.ndarray, seed: int = 0, permutations: int = _PERMUTATIONS) -> np.ndarray:
    """Compute for each neuron the p-value that its activations over classes follow no feature, `[K]`.

    Args:
      scores: What a neuron shows of each class, such as mean ranks of the images, `[K,C]`.
      has: True for features that a class has, `[C,M]` bool.
      seed: Seed of the permutations.
      permutations: Largest number of permutations, `P`; no p-value is below 1 / (P + 1).
    """
    columns = _unit_columns(np.unique(has, axis=1).astype(np.float64))
    rows = _unit_columns(scores.T.astype(np.float64)).T
    if not columns.size:
        return np.ones(len(scores))
    observed = (rows @ columns).max(1) - choice.ROUNDING
    rng = np.random.default_rng(seed)
    p, matches, rest = np.ones(len(rows)), np.zeros(len(rows), int), np.flatnonzero(rows.any(1))
    for done in range(0, permutations, _BLOCK):
        orders = [rng.permutation(len(columns)) for _ in range(min(_BLOCK, permutations - done))]
        matched = _highest(rows[rest], columns[np.array(orders)]) >= observed[rest, None]
        totals = matches[rest, None] + matched.cumsum(1)
        is_enough = totals[:, -1] >= _ENOUGH
        needed = done + 1 + (totals >= _ENOUGH).argmax(1)
        p[rest] = np.where(is_enough, _ENOUGH / needed, (totals[:, -1] + 1) / (done + len(orders) + 1))
        matches[rest] = totals[:, -1]
        rest = rest[~is_enough]
    return p


def _highest(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Compute the highest correlation of rows `[K,C]` with each of `P` permuted sets of columns `[P,C,M]`, `[K,P]`."""
    permutations, classes, features = columns.shape
    together = rows @ columns.transpose(1, 0, 2).reshape(classes, permutations * features)
    return together.reshape(len(rows), permutations, features).max(2)


def _unit_columns(values: np.ndarray) -> np.ndarray:
    """Centre columns and scale them to length 1, float32; a constant column becomes zeros."""
    centred = values - values.mean(0)
    lengths = np.linalg.norm(centred, axis=0)
    scaled = np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > constants.LEAST_DIVISOR)
    return scaled.astype(np.float32)
