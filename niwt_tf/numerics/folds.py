# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Deal classes into folds for cross-validation.

The domain map and the inverse map have dealings of their own, so that neither's numbers change.
"""

from __future__ import annotations

import numpy as np
from sklearn import model_selection

_STREAM = 0xF01D  # keeps these random numbers apart from others of the same seed


def deal(classes: int, folds: int, seed: int) -> np.ndarray:
    """Assign each class at random to the fold in which it is held out, one after the other, `[C]` integers from 0.

    Args:
      classes: Number of classes, `C`, at least 2.
      folds: Number of folds, at least 2; with fewer classes, each class is a fold of its own. Sizes differ by at most
        one.
      seed: Seed of the permutation.
    """
    return np.random.default_rng([seed, _STREAM]).permutation(classes) % min(folds, classes)


def deal_blocks(classes: int, folds: int, seed: int) -> np.ndarray:
    """Assign classes to folds as scikit-learn's `KFold` does, in blocks of a permutation; arguments as for `deal`."""
    fold_of = np.zeros(classes, int)
    blocks = model_selection.KFold(min(folds, classes), shuffle=True, random_state=seed).split(fold_of)
    for fold, (_, held_out) in enumerate(blocks):
        fold_of[held_out] = fold
    return fold_of
