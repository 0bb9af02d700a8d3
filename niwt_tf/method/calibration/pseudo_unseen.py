# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Known classes play new ones: what to expect of new classes within a limit on the loss of the others.

Each known class is predicted as if it were new, from the others, and from some of its own images if there are
photographs of the new class. As many at a time as are new then compete with the others. So the length of predicted
means is chosen, and how much of the limit is worth spending: where a smaller loss recognises as many, it is taken.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from niwt_tf.method.calibration import seen_loss
from niwt_tf.method.class_means import evidence as evidence_lib
from niwt_tf.method.class_means import photographs as photographs_lib
from niwt_tf.method.class_means import prediction as prediction_lib
from niwt_tf.numerics import choice

LENGTH = 0.7  # of a predicted mean, if no class can play a new one
_LENGTHS = (0.7, 0.55, 0.85, 1.0)  # the first is as good as any where nothing speaks for another
_PARTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # of the limit
_GROUPS = 48  # most groups
_LEAST_CLASSES = 3
_WORTH = 0.005  # difference of recognised shares that speaks for another length
_WORTHLESS = 0.25  # recognised share that a loss of the known classes must buy, as a multiple of the loss
_QUANTILES = (0.1, 0.9)


class Source(NamedTuple):
    """What is known of a new class.

    Attributes:
      is_described: True if there is a description.
      photographs: Number of photographs.
    """

    is_described: bool
    photographs: int = 0


@dataclasses.dataclass(frozen=True)
class Expectation:
    """What to expect of new classes.

    Attributes:
      length: Length of means that a description alone predicts, in mean lengths of the known means.
      limit: Loss of the known classes that is worth spending.
      recognised: Mean share of a new class's images that are recognised; None if no class could play.
      low: Share that one group of played classes in ten stays below.
      high: Share that one group of played classes in ten exceeds.
      groups: Number of groups of played classes.
    """

    length: float
    limit: float
    recognised: float | None = None
    low: float = 0.0
    high: float = 1.0
    groups: int = 0


def expect(
    evidence: evidence_lib.Evidence,
    prediction: prediction_lib.MeanPrediction | None,
    doubts: Mapping[bool, photographs_lib.PriorDoubt],
    sources: Sequence[Source],
    limit: float,
    seed: int = 0,
) -> Expectation:
    """Let known classes play the new ones, in groups.

    Args:
      evidence: Images of the known classes.
      prediction: Prediction of means from descriptions; None if no class is described.
      doubts: Doubt of these predictions, and of the center of the known means: by whether a class is described.
      sources: What is known of each new class.
      limit: Largest loss of the known classes.
      seed: Seed of the groups, and of the images that play photographs.
    """
    with_images = np.unique(evidence.labels)
    if len(with_images) < _LEAST_CLASSES or not sources:
        return Expectation(LENGTH, limit)
    rng = np.random.default_rng(seed)
    groups = _groups(with_images, min(len(sources), len(with_images) // 2), rng)
    stage = _Stage(evidence, prediction, doubts, rng)
    lengths = _LENGTHS if any(not one.photographs for one in sources) else _LENGTHS[:1]
    shares = np.array([stage.recognised(group, sources, lengths, limit) for group in groups]).swapaxes(0, 1)
    best = choice.first_best(shares[:, :, -1].mean(1), _WORTH)
    return _expectation(lengths[best], shares[best], limit)


def played_products(
    evidence: evidence_lib.Evidence,
    prediction: prediction_lib.MeanPrediction,
    doubts: Mapping[bool, photographs_lib.PriorDoubt],
    source: Source,
    length: float,
    offset: float,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Let each known class play a new one, and multiply the images of it that are recognised with its predicted mean.

    Args:
      evidence: Images of the known classes.
      prediction: Prediction of means from descriptions.
      doubts: Doubts, see `expect`.
      source: What is known of the new class.
      length: Length of a mean that a description alone predicts, in mean lengths of the known means.
      offset: Number that is added to the scores of the new class in decisions.
      seed: Seed of the images that play photographs.

    Returns:
      Products `[m]` of whitened images with the means, both minus the center of the other classes, and the rows `[m]`
      of these images; none if no class can play.
    """
    with_images = np.unique(evidence.labels)
    if len(with_images) < _LEAST_CLASSES:
        return np.zeros(0), np.zeros(0, np.int64)
    stage = _Stage(evidence, prediction, doubts, np.random.default_rng(seed))
    played = [stage.played(np.array([label]), [source], [length]) for label in with_images]
    means = np.concatenate([one.means for one in played])
    scores = evidence.new(means, np.concatenate([one.coefficients for one in played]))
    coefficients = np.concatenate([stage.centers(np.array([label])) for label in with_images])
    centers = coefficients @ evidence.statistics.means
    # (z - c) (m - c), of which z m and z c follow from scores z m - m m / 2
    products = scores + (means**2).sum(1) / 2 - evidence.new(centers, coefficients) + (centers**2).sum(1) / 2
    products -= (centers * means).sum(1)
    rows, columns = [], []
    for column, (label, one) in enumerate(zip(with_images, played, strict=True)):
        others = np.delete(evidence.known, label, axis=1).max(1)
        is_own = (evidence.labels == label) & ~one.is_used & (scores[:, column] + offset > others)
        rows.append(np.flatnonzero(is_own))
        columns.append(np.full(is_own.sum(), column))
    images = np.concatenate(rows)
    return products[images, np.concatenate(columns)], images


def _expectation(length: float, shares: np.ndarray, limit: float) -> Expectation:
    """Choose the part of the limit, from recognised shares `[G,P]` of the groups."""
    means, saved = shares.mean(0), limit * (1 - np.array(_PARTS))
    part = int(np.flatnonzero(means >= means[-1] - _WORTHLESS * saved)[0])
    low, high = np.quantile(shares[:, part], _QUANTILES)
    return Expectation(
        length, limit * _PARTS[part], float(shares[:, part].mean()), float(low), float(high), len(shares)
    )


def _groups(classes: np.ndarray, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Deal classes into groups, in several rounds if a group has several."""
    groups: list[np.ndarray] = []
    rounds = 1 if size == 1 else -(-_GROUPS * size // len(classes))
    for _ in range(rounds):
        dealt = rng.permutation(classes)
        groups += [dealt[start : start + size] for start in range(0, len(classes) - size + 1, size)]
    return groups[:_GROUPS]


class _Played(NamedTuple):
    """Means `[L*U,D]` of played classes, for each length, their coefficients, and the images `[n]` that were used."""

    means: np.ndarray
    coefficients: np.ndarray
    is_used: np.ndarray


@dataclasses.dataclass(frozen=True)
class _Stage:
    """Known classes that play new ones."""

    evidence: evidence_lib.Evidence
    prediction: prediction_lib.MeanPrediction | None
    doubts: Mapping[bool, photographs_lib.PriorDoubt]
    rng: np.random.Generator

    def recognised(
        self, group: np.ndarray, sources: Sequence[Source], lengths: Sequence[float], limit: float
    ) -> np.ndarray:
        """Compute the recognised share of a group's images, for each length and part of the limit: `[L,P]`."""
        played = self.played(group, sources, lengths)
        logits = self.evidence.new(played.means, played.coefficients)
        return np.array(
            [
                _recognised(self.evidence, group, new, played.is_used, limit)
                for new in np.split(logits, len(lengths), axis=1)
            ]
        )

    def played(self, group: np.ndarray, sources: Sequence[Source], lengths: Sequence[float]) -> _Played:
        """Predict the means of a group, once for each length."""
        statistics = self.evidence.statistics
        centers = self.centers(group)
        coefficients = self._coefficients(group, sources, centers)
        parts = [lengthened(statistics.means, coefficients, centers, length) for length in lengths]
        used = np.zeros(len(self.evidence.labels), bool)
        for row, (label, source) in enumerate(zip(group, sources, strict=False)):
            if source.photographs:
                mean, own = self._photographed(label, coefficients[row], source, used)
                for scaled, means in parts:
                    scaled[row], means[row] = own, mean
        scaled, means = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return _Played(means, scaled, used)

    def centers(self, group: np.ndarray) -> np.ndarray:
        """Coefficients `[U,C]` of the known means in the center of those that do not play."""
        classes = len(self.evidence.statistics.means)
        centers = np.full((len(group), classes), 1 / (classes - len(group)))
        centers[:, group] = 0.0
        return centers

    def _coefficients(self, group: np.ndarray, sources: Sequence[Source], centers: np.ndarray) -> np.ndarray:
        """Coefficients `[U,C]` of the known means in what descriptions predict, or in the center."""
        if self.prediction is None:
            return centers.copy()
        described = [[source.is_described] for source, _ in zip(sources, group, strict=False)]
        return np.where(described, self.prediction.left_out_together(group), centers)

    def _photographed(
        self, label: int, coefficients: np.ndarray, source: Source, used: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute a class's mean from some of its images, which are marked as used, and its coefficients."""
        statistics = self.evidence.statistics
        own = np.flatnonzero(self.evidence.labels == label)
        rows = self.rng.permutation(own)[: min(source.photographs, len(own) - 1)]
        used[rows] = True
        doubt = self.doubts[source.is_described]
        within, _ = doubt.gains(len(rows))
        mean = doubt.posterior(coefficients @ statistics.means, self.evidence.white[rows], label)
        return mean, (1 - within) * coefficients


def lengthened(
    means: np.ndarray, coefficients: np.ndarray, centers: np.ndarray, length: float
) -> tuple[np.ndarray, np.ndarray]:
    """Bring predicted means to a length, as distance from the center of the known classes.

    Args:
      means: Whitened means `[C,D]` of the known classes.
      coefficients: Coefficients `[U,C]` of these in the predicted means.
      centers: Coefficients `[U,C]` of the center that each was predicted about.
      length: Length, in mean lengths of the known means.

    Returns:
      The coefficients `[U,C]` and the means `[U,D]` with that length.
    """
    directions = coefficients - centers
    lengths = np.linalg.norm(directions @ means, axis=1, keepdims=True)
    wanted = length * np.linalg.norm(means, axis=1).mean()
    scaled = centers + directions * np.divide(wanted, lengths, out=np.zeros_like(lengths), where=lengths > 1e-9)
    return scaled, scaled @ means


def _recognised(
    evidence: evidence_lib.Evidence, group: np.ndarray, new: np.ndarray, used: np.ndarray, limit: float
) -> np.ndarray:
    """Compute the mean share of images of a group of played classes that is recognised, with each part of the limit.

    Args:
      evidence: Images of the known classes.
      group: Played classes `[U]`.
      new: Logits `[n,U]` of all images for them.
      used: True `[n]` for images that play photographs.
      limit: Largest loss of the other classes.
    """
    labels, classes = evidence.labels, evidence.known.shape[1]
    others = np.setdiff1d(np.arange(classes), group)
    known, is_other = evidence.known[:, others], np.isin(labels, others)
    margins = known.max(1) - new.max(1)
    is_right = others[known.argmax(1)] == labels
    curve = seen_loss.curve(margins[is_other], is_right[is_other], labels[is_other])
    offsets = np.array([curve.offset(limit * part) for part in _PARTS])
    shares = []
    for column, label in enumerate(group):
        rows = (labels == label) & ~used
        first = new[rows].argmax(1) == column
        shares.append((first[:, None] & (margins[rows][:, None] < offsets)).mean(0))
    return np.mean(shares, axis=0)
