# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Predict the mean features of a class from its description, by ridge regression on the known classes' means.

A predicted mean is a sum of the known means, with coefficients that follow from the domain vectors alone. The
coefficients of each known class, predicted as if it were new, follow in closed form from those of all classes. The
penalty is the one that predicts the directions of such left-out classes best.

For a linear head whose importances are its weights this is the regression of the method, from knowledge to importances
(section 3.2 of the paper), whitened by the spread within classes.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from niwt_tf.method.domain_map import block_weights
from niwt_tf.numerics import choice, constants, unit_vectors

PENALTIES = (0.3, 0.1)  # the stronger first
_PERMUTATIONS = 199
_MOST_PERMUTED = 200  # classes
_MOST_OWN = 1 - 1e-6  # weight of a class's own mean in its prediction
_LEAST_LENGTH = 1e-9  # of what descriptions predict, in lengths of the true mean, below which it is rounding


@dataclasses.dataclass(frozen=True)
class MeanPrediction:
    """Prediction of class means from domain vectors.

    Attributes:
      vectors: Domain vectors `[C,M]` of the known classes, as unit vectors, times `roots`.
      penalty: Penalty of the ridge regression.
      smoother: Coefficients `[C,C]` of the known means in the mean predicted for each known class, itself among them.
      cosine: Mean cosine between predicted and true means of such classes, about the mean of the others; -1..1.
      chance: Share of random assignments of the descriptions to the classes that reach this cosine, 0..1.
      roots: Roots `[M]` of the relevance of each number of the vectors; None if all count the same.
    """

    vectors: np.ndarray
    penalty: float
    smoother: np.ndarray
    cosine: float
    chance: float
    roots: np.ndarray | None = None

    def coefficients(self, domain_vectors: np.ndarray) -> np.ndarray:
        """Compute the coefficients `[U,C]` of the known means in the means predicted for domain vectors `[U,M]`."""
        inputs = self.vectors - self.vectors.mean(0)
        kernel, size = inputs @ inputs.T, len(inputs)
        solver = _inverse(kernel, self.penalty)
        own = (_weighed(domain_vectors, self.roots) - self.vectors.mean(0)) @ inputs.T @ solver
        return own - own.mean(1, keepdims=True) + 1 / size

    @functools.cached_property
    def left_out(self) -> np.ndarray:
        """Coefficients `[C,C]` of the known means in the mean of each class as if it were new: 0 for itself."""
        return _left_out(self.smoother)

    def left_out_together(self, group: np.ndarray) -> np.ndarray:
        """Compute the coefficients `[U,C]` for a group of known classes that all play new ones: 0 for each of them."""
        rows = self.smoother[group]
        left = np.linalg.solve(np.eye(len(group)) - _damped(rows[:, group]), rows)
        left[:, group] = 0.0
        return left


def fit(
    domain_vectors: np.ndarray, means: np.ndarray, seed: int = 0, blocks: block_weights.Blocks = ()
) -> MeanPrediction:
    """Fit the prediction to the known classes.

    Args:
      domain_vectors: Domain vectors `[C,M]` of the known classes; only their directions count.
      means: Their whitened means `[C,D]`.
      seed: Seed of the permutations.
      blocks: Sizes of the blocks of the vectors by source, see `block_weights`; by default they are one block.
    """
    vectors, roots = unit_vectors.units(domain_vectors), None
    if block_weights.are_several(blocks):
        roots = np.sqrt(block_weights.fit(vectors, means, blocks))
        vectors = _weighed(domain_vectors, roots)
    inputs, gram = vectors - vectors.mean(0), means @ means.T
    kernel = inputs @ inputs.T
    smoothers = [kernel @ _inverse(kernel, penalty) + 1 / len(kernel) for penalty in PENALTIES]
    cosines = [float(_cosines(_left_out(one), gram).mean()) for one in smoothers]
    best = choice.first_best(cosines)
    chance = _chance(_left_out(smoothers[best]), gram, np.random.default_rng(seed))
    return MeanPrediction(vectors, PENALTIES[best], smoothers[best], cosines[best], chance, roots)


def _weighed(domain_vectors: np.ndarray, roots: np.ndarray | None) -> np.ndarray:
    units = unit_vectors.units(domain_vectors)
    return units if roots is None else units * roots


def _inverse(kernel: np.ndarray, penalty: float) -> np.ndarray:
    size = max(float(np.trace(kernel)) / len(kernel), constants.LEAST_DIVISOR)
    return np.linalg.pinv(kernel + penalty * size * np.eye(len(kernel)), hermitian=True)


def _left_out(smoother: np.ndarray) -> np.ndarray:
    """Compute `MeanPrediction.left_out`, in closed form, as ridge regression is linear in the means."""
    left = smoother / (1 - np.diag(_damped(smoother)))[:, None]
    np.fill_diagonal(left, 0.0)
    return left


def _damped(smoother: np.ndarray) -> np.ndarray:
    """Limit what a class's own mean counts in its prediction: a class that it determines has no neighbours."""
    damped = smoother.copy()
    np.fill_diagonal(damped, np.minimum(np.diag(smoother), _MOST_OWN))
    return damped


def _cosines(left_out: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """Compute the cosines `[C]` between predicted and true means, about the mean of the others, from inner products.

    Args:
      left_out: Coefficients `[C,C]`, 0 on the diagonal.
      gram: Inner products `[C,C]` of the means.
    """
    count = len(gram)
    others = (1 - np.eye(count)) / max(count - 1, 1)
    predicted, true = left_out - others, np.eye(count) - others
    products = ((predicted @ gram) * true).sum(1)
    predictions, lengths = (np.sqrt(np.maximum(((rows @ gram) * rows).sum(1), 0)) for rows in (predicted, true))
    return products / np.maximum(np.maximum(predictions, _LEAST_LENGTH * lengths) * lengths, constants.LEAST_DIVISOR)


def _chance(left_out: np.ndarray, gram: np.ndarray, rng: np.random.Generator) -> float:
    """Compute how often descriptions of other classes predict as well; see `MeanPrediction.chance`."""
    some = np.linspace(0, len(gram) - 1, min(len(gram), _MOST_PERMUTED)).astype(int)
    coefficients, products = left_out[np.ix_(some, some)], gram[np.ix_(some, some)]
    reached = _cosines(coefficients, products).mean() - choice.ROUNDING
    orders = [rng.permutation(len(some)) for _ in range(_PERMUTATIONS)]
    as_good = sum(_cosines(coefficients, products[np.ix_(one, one)]).mean() >= reached for one in orders)
    return float(1 + as_good) / (1 + _PERMUTATIONS)
