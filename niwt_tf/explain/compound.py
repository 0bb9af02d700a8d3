# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Finds compound names, such as blue crown and crested, where held-out classes bear them out.

As in compositional explanations (Mu and Andreas, NeurIPS 2020), a name is extended by the feature that fits best. With
few classes, some second feature always fits those of the choice better. So it is chosen anew without each fold of
classes, and taken only if the area under the ROC curve then rises significantly over that of the first feature alone.
The first feature was chosen on all classes, which makes the test strict.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from niwt_tf.explain import roc
from niwt_tf.numerics import constants


def second_features(
    ranks: roc.ClassRanks,
    has: np.ndarray,
    features: np.ndarray,
    fold_of: np.ndarray,
    candidates: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Choose the second feature of each neuron, and test whether held-out classes bear it out.

    Args:
      ranks: Ranks of the images of `C` classes.
      has: True for features that a class has, `[C,M]` bool.
      features: First feature of each neuron, `[K]`; -1 for none.
      fold_of: Fold in which each class is held out, `[C]`.
      candidates: True for the features that each neuron may be named after, `[K,M]` bool; all by default.

    Returns:
      Second features, `[K]`, -1 where there is none to choose; and the p-values `[K]` that the area on held-out classes
      does not rise.
    """
    have_first = roc.classes_with(has, features)
    have_both = have_first.copy()
    for fold in np.unique(fold_of):
        kept = fold_of != fold
        seconds = _best_seconds(ranks.select(kept), has[kept], have_first[:, kept], candidates)
        have_both[:, ~kept] &= has.T[seconds][:, ~kept] | (seconds < 0)[:, None]
    return _best_seconds(ranks, has, have_first, candidates), _rise(ranks, have_first, have_both)


def _best_seconds(
    ranks: roc.ClassRanks, has: np.ndarray, have_first: np.ndarray, candidates: np.ndarray | None
) -> np.ndarray:
    """Choose for each neuron the feature that best goes with the first, `[K]`; -1 where none narrows it down."""
    having = have_first.astype(int) @ has
    values = roc.strengths(ranks.aucs_within(have_first, has), having, len(has))
    values[having == have_first.sum(1, keepdims=True)] = -np.inf
    if candidates is not None:
        values[~candidates] = -np.inf
    return np.where(values.max(1, initial=-np.inf) > -np.inf, values.argmax(1), -1)


def _rise(ranks: roc.ClassRanks, have_first: np.ndarray, have_both: np.ndarray) -> np.ndarray:
    """Compute the p-values `[K]`, one-sided, that the area does not rise: by the jackknife over classes."""
    classes = len(ranks.counts)
    rise = ranks.aucs_of(have_both) - ranks.aucs_of(have_first)
    without = ranks.aucs_without_each(have_both) - ranks.aucs_without_each(have_first)
    error = np.sqrt((classes - 1) / classes * ((without - without.mean(1, keepdims=True)) ** 2).sum(1))
    return np.nan_to_num(stats.t.sf(rise / np.maximum(error, constants.LEAST_DIVISOR), classes - 1), nan=1.0)
