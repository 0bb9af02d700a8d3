# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""How typical an image is of the class that is predicted for it: the share of the class's images that are less so.

The images' scores by class means are compared, see `class_means`. What a known class's own images score follows from
images that are left out in turn; what a new class's images score, from known classes that play new ones. An image that
scores lower than nearly all of them probably shows none of the classes. The measure is the p-value of conformal
prediction (Vovk et al., Algorithmic Learning in a Random World, 2005).
"""

from __future__ import annotations

import numpy as np

from niwt_tf import errors
from niwt_tf.method.class_means import evidence as evidence_lib
from niwt_tf.numerics import constants

SHARE = 0.95  # of the known classes' images that are kept, by default
QUANTILES = 401  # of a class's scores, evenly from the lowest to the highest


def require_share(share: object) -> float:
    """Check the share of known images that is kept, and return it.

    Raises:
      errors.UserError: If it is not a number between 0 and 1.
    """
    is_number = isinstance(share, (int, float, np.integer, np.floating)) and not isinstance(share, bool)
    if not (is_number and 0 < float(share) < 1):  # type: ignore[arg-type]
        raise errors.UserError(
            f"`{errors.setting('reject')}` must be the share of the known classes' images that is kept, above 0 and "
            f"below 1. Received: {errors.setting('reject', share)}. Give {errors.setting('reject', SHARE)} to keep 95 "
            "of a hundred."
        )
    return float(share)  # type: ignore[arg-type]


def of_known(evidence: evidence_lib.Evidence) -> np.ndarray:
    """Compute quantiles `[C,Q]` of the scores that images get for the known class that is predicted for them.

    A class's scores are brought to the mean and spread of its own images, so that all classes' images can tell the
    quantiles of each.

    Args:
      evidence: Images of the known classes, each left out.
    """
    scores = evidence.known - evidence.constants
    classes, predicted = scores.shape[1], evidence.known.argmax(1)
    own = scores[np.arange(len(scores)), evidence.labels]
    counts = np.bincount(evidence.labels, minlength=classes)
    means = np.bincount(evidence.labels, own, classes) / counts.clip(1)
    squares = np.bincount(evidence.labels, (own - means[evidence.labels]) ** 2, classes) / counts.clip(1)
    some = counts > 1
    spreads = np.where(some, np.sqrt(squares), np.sqrt(squares[some].mean()))
    spreads = np.maximum((spreads + spreads[some].mean()) / 2, constants.LEAST_DIVISOR)
    means = np.where(some, means, means[some].mean())
    standard = (scores[np.arange(len(scores)), predicted] - means[predicted]) / spreads[predicted]
    return means[:, None] + spreads[:, None] * _quantiles(standard)


def of_new(scores: np.ndarray) -> np.ndarray:
    """Compute quantiles `[Q]` of the scores `[n]` of images of classes that play a new one.

    Without any score every image is typical: all quantiles are lowest.
    """
    return _quantiles(scores) if len(scores) else np.full(QUANTILES, -np.inf)


def typicality(scores: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Compute how typical images are, `[N]` float32 from 0 to 1.

    Args:
      scores: Scores `[N]` of images for the classes that are predicted for them.
      quantiles: Quantiles `[N,Q]` of these classes.
    """
    return (quantiles <= scores[:, None]).mean(1, dtype=np.float32)


def _quantiles(scores: np.ndarray) -> np.ndarray:
    return np.quantile(scores, np.linspace(0, 1, QUANTILES))
