# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""How typical an image is of the class that is predicted for it: the share of the class's images that are less so.

Two numbers must be as high as those of the class's own images: the product of the whitened image with the class's mean,
and their cosine, or rather the product divided by the image's distance from the center of all features. Both are
brought to the mean and spread of the class's own images; the lower one counts.

What a known class's own images have follows from images that are left out in turn; what a new class's images have, from
known classes that play new ones. An image that is lower than nearly all of them probably shows none of the classes. The
measure is the p-value of conformal prediction (Vovk et al., Algorithmic Learning in a Random World, 2005).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from niwt_tf import errors
from niwt_tf.numerics import constants

SHARE = 0.95  # of the known classes' images that are kept, by default
QUANTILES = 401  # of a class's own images, evenly from the lowest to the highest
_LOWEST = float(np.finfo(np.float32).min)


@dataclasses.dataclass(frozen=True)
class Levels:
    """What is typical of `C` classes.

    Attributes:
      means: Means `[2,C]` of products and of cosines, over each class's own images.
      spreads: Standard deviations `[2,C]` of these.
      quantiles: Quantiles `[C,Q]` of the lower of both numbers, each minus its mean and divided by its spread.
    """

    means: np.ndarray
    spreads: np.ndarray
    quantiles: np.ndarray

    def typicality(self, products: np.ndarray, lengths: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """Compute how typical images are, `[N]` float32 from 0 to 1.

        Args:
          products: Products `[N]` of the whitened images with the means of the classes that are predicted for them.
          lengths: Distances `[N]` of the images from the center, in feature space.
          predicted: Predicted classes `[N]`.
        """
        lower = _lower(products, lengths, self.means[:, predicted], self.spreads[:, predicted])
        return (self.quantiles[predicted] <= lower[:, None]).mean(1, dtype=np.float32)

    def least(self, share: float) -> np.ndarray:
        """Compute the least number `[C]` of images that are accepted.

        Args:
          share: Share of the known classes' images that is kept.
        """
        return self.quantiles[:, least_quantile(share)]


def least_quantile(share: float) -> int:
    """Return the index of the quantile that an accepted image reaches, if a share of the known images is kept."""
    return int(np.ceil((1 - share) * (QUANTILES - 1) - 1e-6))


def is_accepted(typicalities: np.ndarray, share: float) -> np.ndarray:
    """Decide which images are accepted, True `[N]`, if a share of the known classes' images is kept."""
    return np.rint(typicalities * QUANTILES) > least_quantile(share)


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


def of_known(products: np.ndarray, lengths: np.ndarray, labels: np.ndarray, predicted: np.ndarray) -> Levels:
    """Find what is typical of known classes; the images of all tell the quantiles of each.

    Args:
      products: Products `[n,C]` of images with the classes' means, each image left out.
      lengths: Distances `[n]` of the images from the center, in feature space.
      labels: Classes `[n]` of the images; some class has two or more.
      predicted: Predicted classes `[n]`.
    """
    images, classes = np.arange(len(labels)), products.shape[1]
    counts = np.bincount(labels, minlength=classes)
    own = products[images, labels]
    moments = [_moments(values, labels, counts) for values in _numbers(own, lengths)]
    means, spreads = (np.stack(part) for part in zip(*moments, strict=True))
    lower = _lower(products[images, predicted], lengths, means[:, predicted], spreads[:, predicted])
    return Levels(means, spreads, np.tile(_quantiles(lower), (classes, 1)))


def of_new(products: np.ndarray, lengths: np.ndarray) -> Levels:
    """Find what is typical of a new class.

    Args:
      products: Products `[n]` of images with the means of the classes that play it; without any, all are typical.
      lengths: Distances `[n]` of the images from the center, in feature space.
    """
    if not len(products):
        return unknown(1)
    numbers = _numbers(products, lengths)
    means, spreads = numbers.mean(1, keepdims=True), np.maximum(numbers.std(1, keepdims=True), constants.LEAST_DIVISOR)
    return Levels(means, spreads, _quantiles(_lower(products, lengths, means, spreads))[None])


def unknown(classes: int) -> Levels:
    """Return levels of classes of which every image is typical."""
    return Levels(np.zeros((2, classes)), np.ones((2, classes)), np.full((classes, QUANTILES), _LOWEST))


def joined(parts: Sequence[Levels]) -> Levels:
    """Join the levels of several groups of classes."""
    means, spreads = (np.concatenate([getattr(part, name) for part in parts], 1) for name in ("means", "spreads"))
    return Levels(means, spreads, np.concatenate([part.quantiles for part in parts]))


def _moments(values: np.ndarray, labels: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute means `[C]` and spreads `[C]` of classes from `values [n]` of their images; of few, with those of all."""
    means = np.bincount(labels, values, len(counts)) / counts.clip(1)
    squares = np.bincount(labels, (values - means[labels]) ** 2, len(counts)) / counts.clip(1)
    some = counts > 1
    spreads = np.where(some, np.sqrt(squares), np.sqrt(squares[some].mean()))
    least = max(1e-9 * float(np.abs(values).max()), constants.LEAST_DIVISOR)
    return np.where(some, means, means[some].mean()), np.maximum((spreads + spreads[some].mean()) / 2, least)


def _numbers(products: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Compute products and cosines `[2,N]`."""
    return np.stack([products, products / np.maximum(lengths, constants.LEAST_DIVISOR)])


def _lower(products: np.ndarray, lengths: np.ndarray, means: np.ndarray, spreads: np.ndarray) -> np.ndarray:
    """Compute the lower of both numbers `[N]`, minus `means [2,N]` and divided by `spreads [2,N]`."""
    return ((_numbers(products, lengths) - means) / spreads).min(0)


def _quantiles(values: np.ndarray) -> np.ndarray:
    return np.quantile(values, np.linspace(0, 1, QUANTILES))
