# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Define the interface of the baselines: the problem that they are fitted to, and the scores that they compute."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from niwt_tf import errors
from niwt_tf.numerics import unit_vectors

Scores = Callable[[np.ndarray], np.ndarray]  # features [n,D] -> scores [n,C] of all classes; higher is more likely


@dataclasses.dataclass(frozen=True)
class Problem:
    """Problem that a baseline is fitted to.

    Attributes:
      features: `[N,D]` float32 features of training images.
      labels: `[N]` class indices of the images. They are seen classes, except for the oracle, which also learns unseen
        ones.
      vectors: `[C,M]` domain vectors of the classes, the seen classes first.
      seen_classes: Number of seen classes.
      domain: Domain of the vectors, a value of the setting `domain`.
      seed: Random seed of the baseline.

    Raises:
      errors.UserError: If sizes do not fit, a number is not finite, or a seen class has no image.
    """

    features: np.ndarray
    labels: np.ndarray
    vectors: np.ndarray
    seen_classes: int
    domain: str = "attributes"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or self.labels.shape != self.features.shape[:1] or not self.features.size:
            raise errors.UserError(
                "`features` must be [images, numbers], with a label for each image. Received: features of shape "
                f"{self.features.shape}, labels of shape {self.labels.shape}. Take both from the same images."
            )
        if not (np.isfinite(self.features).all() and np.isfinite(self.vectors).all()):
            raise errors.UserError(
                "`features` and domain vectors must be finite numbers. Received: some that are not. Correct the "
                "arrays, or the network that computed the features."
            )
        counts = np.bincount(self.labels, minlength=len(self.vectors))
        if len(counts) > len(self.vectors) or not counts[: self.seen_classes].all():
            raise errors.UserError(
                "`labels` must be indices of classes with domain vectors, and include every seen one. Received: "
                f"labels up to {len(counts) - 1} for {len(self.vectors)} classes, none of "
                f"{np.flatnonzero(counts[: self.seen_classes] == 0).tolist()} of the {self.seen_classes} seen. Give "
                "each seen class training images."
            )

    @functools.cached_property
    def directions(self) -> np.ndarray:
        """Domain vectors at length 1, `[C,min(C,M)]`; see `directions`."""
        return directions(self.vectors)


def directions(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors `[C,M]` to length 1, as NIWT's map does, and express each in at most `C` numbers, float64.

    If there are more numbers than classes, the vectors are expressed in an orthonormal basis of the space that they
    span. This keeps their inner products. A method whose weights for the vectors are sums of the vectors uses nothing
    else, so its scores stay the same, too.
    """
    unit = unit_vectors.units(vectors).astype(np.float64)
    if unit.shape[1] <= len(unit):
        return unit
    left, lengths, _ = np.linalg.svd(unit, full_matrices=False)
    return left * lengths


class Method(Protocol):
    """Interface of a baseline's module."""

    @property
    def CANDIDATES(self) -> Sequence[Any]:
        """Settings from which one is chosen on pseudo-unseen classes, the simplest first.

        Stronger penalties are simpler than weaker ones, fewer steps than more, lower learning rates than higher ones,
        and linear kernels than others.
        """

    def fit(self, problem: Problem, setting: Any) -> Scores:
        """Fit the baseline with a setting, and return its scores of all classes."""
