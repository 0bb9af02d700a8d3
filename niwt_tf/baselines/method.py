# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What every baseline has in common: the problem that it is fitted to, and the scores that it gives."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from niwt_tf import errors
from niwt_tf.numerics import unit_vectors

Scores = Callable[[np.ndarray], np.ndarray]  # features [n,D] -> scores [n,C] of all classes, the higher the likelier


@dataclasses.dataclass(frozen=True)
class Problem:
    """What a baseline is fitted to.

    Attributes:
      features: `[N,D]` float32 of training images.
      labels: `[N]`, the class of each: a seen one, save for the oracle, which cheats.
      vectors: the classes' domain vectors `[C,M]`, the seen classes first.
      seen_classes: how many classes are seen.
      domain: where the vectors come from, as `--domain` names it.
      seed: starts what is random.

    Raises:
      errors.UserError: if sizes do not fit, or a seen class has no image.
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
                "`features` and domain vectors must be finite numbers. Received: some that are not. Mend where they "
                "come from."
            )
        counts = np.bincount(self.labels, minlength=len(self.vectors))
        if len(counts) > len(self.vectors) or not counts[: self.seen_classes].all():
            raise errors.UserError(
                "`labels` must count the classes with domain vectors, and show every seen one. Received: labels up to "
                f"{len(counts) - 1} for {len(self.vectors)} classes, none of "
                f"{np.flatnonzero(counts[: self.seen_classes] == 0).tolist()} of the {self.seen_classes} seen. Give "
                "each seen class training images."
            )

    @functools.cached_property
    def directions(self) -> np.ndarray:
        """The vectors at length 1, `[C,min(C,M)]`, see `directions`."""
        return directions(self.vectors)


def directions(vectors: np.ndarray) -> np.ndarray:
    """Returns vectors `[C,M]` brought to length 1, as NIWT's map does, in at most `C` numbers each, float64.

    Of more numbers than classes they are told in an orthonormal basis of what they span. Inner products stay as they
    are, and these are all that a method sees whose weights for the vectors are sums of them: so its scores do, too.
    """
    unit = unit_vectors.units(vectors).astype(np.float64)
    if unit.shape[1] <= len(unit):
        return unit
    left, lengths, _ = np.linalg.svd(unit, full_matrices=False)
    return left * lengths


class Method(Protocol):
    """What the module of a baseline holds."""

    @property
    def CANDIDATES(self) -> Sequence[Any]:
        """The settings that classes which play unseen choose among, the simplest first.

        Stronger penalties are simpler than weaker ones, fewer steps than more, slower ones than faster, linear kernels
        than others.
        """

    def fit(self, problem: Problem, setting: Any) -> Scores:
        """Returns the scores of all classes that `setting` leads to."""
