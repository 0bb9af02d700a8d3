# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Choose a candidate by its score so that rounding cannot decide.

Other processors, numbers of threads and libraries round otherwise, and of two candidates whose scores tie the one that
rounding puts ahead differs from machine to machine. Scores within a tolerance of the best therefore count as equal, and
the first of them is taken. Callers list candidates from the simplest to the most complex.

This moves the edge, it does not remove it: no rule that picks one of several candidates can be without one. A
candidate whose score lies within rounding of `best - tolerance` may still be taken on one machine and not on another.
What is gone are the ties that occur by construction: few images or classes give few scores, so that many candidates
share one exactly, while hardly any lies the tolerance below it. For the same reason the tolerance is irrational: shares
of images differ by simple fractions, never by it. Scores that differ by more than rounding, because a network was
trained with other rounding from its first step on, may lead to another choice; no tolerance that costs no accuracy
prevents that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

TOLERANCE = math.sqrt(2) * 1e-3  # of accuracies, harmonic means, areas and rank correlations: far above rounding
LOSS_TOLERANCE = 1e-4  # of a loss, as a share of it: a smaller gain of held-out images is none
ROUNDING = 1e-5  # of what was computed in float32, as a share of the largest number in its row


def first_best(scores: Sequence[float] | np.ndarray, tolerance: float = TOLERANCE) -> int:
    """Choose the first candidate whose score is within `tolerance` of the highest.

    Args:
      scores: Score of each candidate, higher is better, the simplest or earliest candidate first. NaN never wins.
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
    """Tell whether a later loss is so much lower than the lowest before that rounding cannot be why.

    Args:
      loss: Loss to judge, at least 0. NaN gains nothing.
      lowest: Lowest loss that gained so far, at least 0; infinite before the first.
      tolerance: Share of `lowest`, 0..1, that a gain must exceed.
    """
    return loss < lowest * (1 - tolerance)


def tied(values: np.ndarray, rounding: float = ROUNDING) -> np.ndarray:
    """Compute values of which those that rounding alone tells apart are equal.

    Neighbours in size that differ by less than rounding become one number, the lowest of their chain. A stable sort, or
    ranks, then leave them in the order in which they are listed.

    Args:
      values: Numbers `[...,M]`; each row is judged on its own. NaN stays.
      rounding: Difference up to which neighbours count as equal, as a share of the row's largest absolute value.

    Returns:
      Float64 `[...,M]`.
    """
    values = np.asarray(values, np.float64)
    order = np.argsort(values, axis=-1, kind="stable")
    ascending = np.take_along_axis(values, order, -1)
    limit = rounding * np.abs(values).max(-1, keepdims=True, initial=0)
    starts = np.ones(values.shape, bool)  # of chains
    starts[..., 1:] = ~(np.diff(ascending, axis=-1) <= limit)
    first = np.maximum.accumulate(np.where(starts, np.arange(values.shape[-1]), 0), axis=-1)
    result = np.empty_like(values)
    np.put_along_axis(result, order, np.take_along_axis(ascending, first, -1), -1)
    return result
