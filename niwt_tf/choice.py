# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Choose a candidate by its score so that rounding cannot decide.

Other processors, numbers of threads and libraries round otherwise, and of two candidates whose scores tie the one that
rounding puts ahead differs from machine to machine. Scores within a tolerance of the best therefore count as equal, and
the first of them is taken. Callers list candidates from the simplest to the most complex.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TOLERANCE = 1e-3  # of accuracies, harmonic means and rank correlations: well above rounding, well below what matters


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
