# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What a new class will be taken for, as far as its predicted mean and the known classes' spread tell.

Synthetic images of the class lie around its mean as images of known classes lie around theirs, and the mean is wrong as
the means predicted for known classes are wrong.
"""

from __future__ import annotations

import numpy as np

from niwt_tf.method.class_means import evidence as evidence_lib
from niwt_tf.method.class_means import statistics as statistics_lib

_IMAGES = 240  # synthetic images of a class


def shares(
    evidence: evidence_lib.Evidence,
    expected: np.ndarray,
    mean_errors: np.ndarray,
    means: np.ndarray,
    offset: float,
) -> np.ndarray:
    """Compute the share of each new class's images that each class is expected to get, `[U,C+U]`.

    Args:
      evidence: Images of the known classes.
      expected: Expected whitened means `[U,D]` of the new classes' images.
      mean_errors: Errors `[E,D]` that such a mean may have; no rows if it is sure.
      means: Whitened means `[U,D]` by which the new classes are scored.
      offset: Offset of the new classes' scores.
    """
    statistics = evidence.statistics
    known, classes = statistics.means, len(statistics.means) + len(means)
    deviations = _some(statistics.new_deviations)
    if len(mean_errors):
        deviations = deviations + mean_errors[np.arange(len(deviations)) % len(mean_errors)]
    rows = []
    for mean in expected:
        white = mean + deviations
        new = statistics_lib.scores(white, means) + evidence.constant + offset
        scores = np.concatenate([statistics_lib.scores(white, known) + evidence.constants, new], axis=1)
        rows.append(np.bincount(scores.argmax(1), minlength=classes) / len(scores))
    return np.stack(rows)


def _some(deviations: np.ndarray) -> np.ndarray:
    """Select `_IMAGES` rows, spread evenly; one row of zeros if there are none."""
    if not len(deviations):
        return np.zeros((1, deviations.shape[1]))
    return deviations[np.linspace(0, len(deviations) - 1, _IMAGES).astype(int)]
