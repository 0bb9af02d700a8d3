# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Sparseness: whether a map shows a few places, or everything a little: its Gini index.

P. Chalasani et al., "Concise Explanations of Neural Networks using Adversarial Training", ICML 2020, section 4. Maps
are compared in the size of the image.
"""

from __future__ import annotations

import numpy as np

from niwt_tf.explain.map_quality import subject as subject_lib


def make(subject: subject_lib.Subject) -> subject_lib.MetricFunction:
    """Make the function from mapped images to the Gini indices of their maps, `[N]`; it needs no classifier."""
    del subject
    return lambda batch: gini(batch.large_maps)


def gini(maps: np.ndarray) -> np.ndarray:
    """Compute the Gini index of each map, `[N]`, 0..1: 0 if all values are equal; NaN for a map of zeros.

    Args:
      maps: `[N,H,W]`, at least 0.
    """
    values = np.sort(maps.reshape(len(maps), -1).astype(np.float64), axis=1)
    count, totals = values.shape[1], values.sum(1)
    weighted = values @ ((count - np.arange(count) - 0.5) / count)
    shares = np.divide(weighted, totals, out=np.full(len(maps), np.nan), where=totals > 0)
    return 1 - 2 * shares
