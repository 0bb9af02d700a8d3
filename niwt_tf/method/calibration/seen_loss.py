# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The offset of new classes' scores that costs the known classes no more than a limit.

Adding a number to the scores of new classes is the same as subtracting gamma from those of all others (calibrated
stacking, Chao et al., ECCV 2016). The loss is the share of the balanced accuracy on known classes: the mean over
classes of the share of images that were right before, and are now taken for a new class. It is estimated on images that
the classifier was not fitted to, or on images each of which is left out in turn.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from niwt_tf import errors

DEFAULT, LARGEST = 0.02, 0.5  # limits
_NUMBERS = (int, float, np.integer, np.floating)
_CAUTION = 0.3  # standard errors by which the estimate stays below the limit


@dataclasses.dataclass(frozen=True)
class LossCurve:
    """Loss of the known classes by the offset of new classes.

    Attributes:
      margins: Sorted numbers `[n]`, from which on an offset takes an image from its right class.
      losses: Loss `[n]` as soon as an offset exceeds each margin.
      errors: Standard errors `[n]` of these losses.
    """

    margins: np.ndarray
    losses: np.ndarray
    errors: np.ndarray

    def offset(self, limit: float) -> float:
        """Compute the largest offset whose loss stays below a limit, by some of its standard error.

        Between two margins the loss is the same; the middle is taken.

        Args:
          limit: Share of the balanced accuracy, from 0 on.
        """
        if not len(self.margins):
            return 0.0
        allowed = int(np.searchsorted(self.losses + _CAUTION * self.errors, limit, side="right"))
        if not allowed:
            return float(self.margins[0])
        last = min(allowed, len(self.margins) - 1)
        return float(self.margins[allowed - 1 : last + 1].mean())

    def loss(self, offset: float) -> tuple[float, float]:
        """Compute the loss at an offset, and its standard error."""
        lost = int(np.searchsorted(self.margins, offset, side="left"))
        return (float(self.losses[lost - 1]), float(self.errors[lost - 1])) if lost else (0.0, 0.0)


def require_limit(limit: Any) -> float:
    """Check a limit on the loss of the seen classes, and return it.

    Raises:
      errors.UserError: If it is not a number from 0 to `LARGEST`.
    """
    if isinstance(limit, bool) or not (isinstance(limit, _NUMBERS) and 0 <= limit <= LARGEST):
        raise errors.UserError(
            f"`{errors.setting('max_seen_loss')}` must be a share of the accuracy on seen classes, from 0 to "
            f"{LARGEST:g}. Received: {errors.setting('max_seen_loss', limit)}. Give "
            f"{errors.setting('max_seen_loss', DEFAULT)} to lose at most two of a hundred images."
        )
    return float(limit)


def curve(margins: np.ndarray, is_right: np.ndarray, labels: np.ndarray) -> LossCurve:
    """Compute the loss of known classes by the offset of new ones.

    Args:
      margins: Best score before minus best score of a new class, `[N]`, for images of known classes.
      is_right: True `[N]` for the images whose class was predicted before.
      labels: Classes `[N]` of the images.
    """
    _, groups, counts = np.unique(labels, return_inverse=True, return_counts=True)
    shares = 1 / counts[groups] / max(len(counts), 1)
    order = np.flatnonzero(is_right)[np.argsort(margins[is_right], kind="stable")]
    losses = np.cumsum(shares[order])
    variances = np.cumsum(shares[order] ** 2) * np.maximum(1 - losses, 0)
    return LossCurve(margins[order], losses, np.sqrt(variances))
