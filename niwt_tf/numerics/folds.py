# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Deal classes into folds for cross-validation: the same folds for the domain map and for the inverse map."""

from __future__ import annotations

import numpy as np

_STREAM = 0xF01D  # keeps these random numbers apart from others of the same seed


def deal(classes: int, folds: int, seed: int) -> np.ndarray:
    """Assign each class at random to the fold in which it is held out, `[C]` integers from 0.

    Args:
      classes: Number of classes, `C`, at least 2.
      folds: Number of folds, at least 2; with fewer classes, each class is a fold of its own. Sizes differ by at most
        one.
      seed: Seed of the permutation.
    """
    return np.random.default_rng([seed, _STREAM]).permutation(classes) % min(folds, classes)
