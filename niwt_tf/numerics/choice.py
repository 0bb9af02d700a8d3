# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Choice of a candidate by its score, made so that rounding does not decide.

Processors, numbers of threads and libraries differ in how they round. If the scores of two candidates tie, rounding
puts one of them ahead on one machine and the other on another. Scores within a tolerance of the best therefore count
as equal, and the first of them is chosen. Callers list candidates from the simplest to the most complex.

This moves the threshold and does not remove it: every rule that chooses among candidates has one. A candidate whose
score lies within rounding of `best - tolerance` may still be chosen on one machine and not on another. Only the ties
that occur by construction are gone: few images or classes give few different scores, so many candidates share the same
score, while hardly any score lies exactly the tolerance below the best. For the same reason the tolerance is
irrational: shares of images differ by simple fractions, never by it. If a network was trained with other rounding from
its first step on, scores differ by more than rounding and may lead to another choice; no tolerance prevents that
without costing accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

TOLERANCE = math.sqrt(2) * 1e-3  # for accuracies, harmonic means, areas and rank correlations; far above rounding
LOSS_TOLERANCE = 1e-4  # share of a loss; a smaller gain on held-out images does not count
ROUNDING = 1e-5  # of numbers computed in float32, as a share of the largest in their row


def first_best(scores: Sequence[float] | np.ndarray, tolerance: float = TOLERANCE) -> int:
    """Choose the first candidate whose score is within `tolerance` of the highest.

    Args:
      scores: Score of each candidate, higher is better, with the simplest or earliest candidate first. NaN never wins.
      tolerance: Difference up to which two scores count as equal, in the scores' unit, at least 0.

    Returns:
      Index of the chosen candidate.

    Raises:
      ValueError: If there are no scores, or none of them is a number.
    """
    values = np.asarray(scores, np.float64)
    if not len(values) or np.isnan(values).all():
        raise ValueError(f"`scores` must hold a number. Received: {values.tolist()}. Score at least one candidate.")
    return int(np.flatnonzero(values >= np.nanmax(values) - tolerance)[0])


def gains(loss: float, lowest: float, tolerance: float = LOSS_TOLERANCE) -> bool:
    """Check whether a later loss is lower than the lowest before by more than rounding can explain.

    Args:
      loss: Loss to check, at least 0. NaN is no gain.
      lowest: Lowest loss that gained so far, at least 0; infinite before the first.
      tolerance: Share of `lowest`, 0..1, that a gain must exceed.
    """
    return loss < lowest * (1 - tolerance)


def tied(values: np.ndarray, rounding: float = ROUNDING) -> np.ndarray:
    """Replace values that differ by rounding alone by equal values.

    Sorted neighbours that differ by no more than rounding form a chain, and all become its lowest number. A stable
    sort, or ranks, then leave them in the order in which they are listed.

    Args:
      values: Numbers `[...,M]`; each row is treated separately. NaN stays.
      rounding: Difference up to which neighbours count as equal, as a share of the row's largest absolute value.

    Returns:
      Float64 `[...,M]`.
    """
    values = np.asarray(values, np.float64)
    order = np.argsort(values, axis=-1, kind="stable")
    ascending = np.take_along_axis(values, order, -1)
    limit = rounding * np.abs(values).max(-1, keepdims=True, initial=0)
    starts = np.ones(values.shape, bool)  # whether a chain starts here
    starts[..., 1:] = ~(np.diff(ascending, axis=-1) <= limit)
    first = np.maximum.accumulate(np.where(starts, np.arange(values.shape[-1]), 0), axis=-1)
    result = np.empty_like(values)
    np.put_along_axis(result, order, np.take_along_axis(ascending, first, -1), -1)
    return result
