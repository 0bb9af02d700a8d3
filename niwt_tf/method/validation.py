# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Choose the map's fit, lambda, scale, bias and gamma by validation with pseudo-unseen classes, without any test image.

If several settings are equally good, see `choice`, the simplest is chosen, in whatever order they are listed.

A validation repeats the whole method on training images alone: its backbone is trained without the pseudo-unseen
classes, so that they are as new to it as the truly unseen classes are to the final backbone. With several validation
splits, each with other pseudo-unseen classes, the mean scores count.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.evaluation import gzsl
from niwt_tf.method.calibration import gamma, scale_and_bias
from niwt_tf.method.domain_map import domain_map
from niwt_tf.numerics import choice
from niwt_tf.util import progress

# Which classes are pseudo-unseen: groups of them; or each class alone in turn, where the two or three that stay seen
# are too few for synthetic images, so that gamma follows from the share of images alone; or none, and settings are
# defaults.
PROTOCOLS = ("groups", "turns", "defaults")
SEEN_FRACTION = 0.9  # of the training images, if gamma is not chosen
NOT_MEASURED = 0.0  # H, if no class was pseudo-unseen

_SIMPLEST = ("ridge", "descent"), ("zero", "mean", "level")  # fits and biases, the simplest first


class Transfer(NamedTuple):
    """What determines the weights of new classes, up to their scale.

    Attributes:
      map_fit: Fit of the map.
      lambda_: Strength of the penalty on new weights, see `weight_transfer.descent` and `weight_transfer.closed_form`.
    """

    map_fit: domain_map.MapFit
    lambda_: float


class Candidate(NamedTuple):
    """Settings that validation compares.

    Attributes:
      map_fit: Fit of the map.
      lambda_: Strength of the penalty on new weights.
      scale: Scale of new weights, see `scale_and_bias.extend`; 0 keeps the sizes that the transfer gave.
      bias: Rule for new biases, a member of `config.BIASES`.
    """

    map_fit: domain_map.MapFit
    lambda_: float
    scale: float
    bias: str

    @property
    def transfer(self) -> Transfer:
        """Part of the settings that determines the weights up to their scale."""
        return Transfer(self.map_fit, self.lambda_)


@dataclasses.dataclass(frozen=True)
class ChosenSettings:
    """Settings that validation with pseudo-unseen classes chose.

    Attributes:
      map_fit: Fit of the map.
      lambda_: Strength of the penalty on new weights, see `weight_transfer.descent` and `weight_transfer.closed_form`.
      scale: Scale of new weights, see `scale_and_bias.extend`; 0 keeps the sizes that the transfer gave.
      bias: Rule for new biases, a member of `config.BIASES`.
      seen_fraction: Position of gamma, see `gamma.GammaTransfer`.
      harmonic_mean: Harmonic mean of the accuracies on seen and pseudo-unseen classes, 0..1; see `expected`.
      scale_unit: Unit of the scale, `scale_and_bias.SPREAD`; `scale_and_bias.LENGTH` in records of earlier versions.
      synthetic_position: Position of gamma by the other criterion, see `gamma.GammaTransfer`.
      protocol: Choice of the pseudo-unseen classes, a member of `PROTOCOLS`.
    """

    map_fit: domain_map.MapFit
    lambda_: float
    scale: float
    bias: str
    seen_fraction: float
    harmonic_mean: float
    scale_unit: str = scale_and_bias.SPREAD
    synthetic_position: float | None = None
    protocol: str = "groups"

    @property
    def expected(self) -> float | None:
        """Harmonic mean expected from validation, 0..1; None if there was no validation."""
        return None if self.protocol == "defaults" else self.harmonic_mean

    @property
    def gamma_transfer(self) -> gamma.GammaTransfer:
        """Position of gamma."""
        return gamma.GammaTransfer(self.seen_fraction, self.synthetic_position)


class ValidationScore(NamedTuple):
    """Validation scores of a classifier on seen and pseudo-unseen classes.

    Attributes:
      seen_fraction: Position of the gammas that are about as good as the best, see `gamma.GammaTransfer`.
      synthetic_position: Position of the same gammas by the other criterion.
      harmonic_mean: Harmonic mean at the best gamma, 0..1.
    """

    seen_fraction: float
    synthetic_position: float | None
    harmonic_mean: float


@dataclasses.dataclass(frozen=True)
class ValidationSplit:
    """Candidate weights of pseudo-unseen classes, and the images on which they are compared.

    Attributes:
      classifier: Classifier of the classes that stay seen.
      unseen: Names of the `U` pseudo-unseen classes.
      kernels: Weights `[D,U]` of the pseudo-unseen classes by each transfer.
      train_features: `[T,D]` features of training images, by the validation's backbone.
      seen_features: `[N,D]` features of held-out images of seen classes.
      seen_labels: `[N]` labels of these images.
      unseen_features: `[n,D]` features of images of pseudo-unseen classes.
      unseen_labels: `[n]` labels of these images.
    """

    classifier: classifier_lib.Classifier
    unseen: tuple[str, ...]
    kernels: Mapping[Transfer, np.ndarray]
    train_features: np.ndarray
    seen_features: np.ndarray
    seen_labels: np.ndarray
    unseen_features: np.ndarray
    unseen_labels: np.ndarray

    def score(self, candidate: Candidate, max_seen_loss: float | None = None) -> ValidationScore:
        """Score the weights of a candidate, with its scale and bias; see `score`."""
        kernel, seen_classes = self.kernels[candidate.transfer], len(self.classifier.class_names)
        extended = scale_and_bias.extend(
            self.classifier, kernel, self.unseen, candidate.scale, candidate.bias, self.train_features
        )
        images = self.train_features, self.seen_features, self.seen_labels, self.unseen_features, self.unseen_labels
        return score(extended.logits, *images, seen_classes, max_seen_loss)


def score(
    logits: Callable[[np.ndarray], np.ndarray],
    train_features: np.ndarray,
    seen_features: np.ndarray,
    seen_labels: np.ndarray,
    unseen_features: np.ndarray,
    unseen_labels: np.ndarray,
    seen_classes: int,
    max_seen_loss: float | None = None,
) -> ValidationScore:
    """Score a classifier on seen and pseudo-unseen classes.

    Args:
      logits: Function from features `[n,D]` to logits `[n,C]`, the seen classes first.
      train_features: `[T,D]` features of training images.
      seen_features: `[N,D]` features of held-out images of seen classes.
      seen_labels: `[N]` labels of these images.
      unseen_features: `[n,D]` features of images of pseudo-unseen classes.
      unseen_labels: `[n]` labels of these images.
      seen_classes: Number of seen classes.
      max_seen_loss: Largest loss of seen accuracy; None for the gamma with the best harmonic mean.
    """
    test = gzsl.GzslLogits(logits(seen_features), seen_labels, logits(unseen_features), unseen_labels, seen_classes)
    curve = gzsl.curve(test)
    if max_seen_loss is not None:
        limited, harmonic_mean = curve.within(max_seen_loss)
        margins = gamma.margins(logits(train_features), seen_classes)
        return ValidationScore(gamma.seen_fraction(margins, limited), None, harmonic_mean)
    position = gamma.locate(logits(train_features), seen_classes, curve.middle_gamma())
    return ValidationScore(position.seen_fraction, position.synthetic_position, curve.best_gamma()[1])


def mean(scores: Sequence[ValidationScore]) -> ValidationScore:
    """Compute the means of scores over validation splits, one or more."""
    positions = [one.synthetic_position for one in scores if one.synthetic_position is not None]
    return ValidationScore(
        float(np.mean([one.seen_fraction for one in scores])),
        float(np.mean(positions)) if positions else None,
        float(np.mean([one.harmonic_mean for one in scores])),
    )


def map_fits(config: config_lib.ValidationConfig) -> list[domain_map.MapFit]:
    """List the fits of the map that are compared."""
    return [
        domain_map.MapFit(kind, steps)
        for kind in config.map_fits
        for steps in (config.map_relevances if kind == "ridge" else (0,))
    ]


def defaults(config: config_lib.ValidationConfig) -> ChosenSettings:
    """Take the first value of each list as settings, for runs with too few seen classes for validation.

    gamma leaves nine of ten training images with a seen class, or as many as the limit on their loss asks for.
    """
    first = Candidate(map_fits(config)[0], config.lambdas[0], config.scales[0], config.biases[0])
    fraction = SEEN_FRACTION if config.max_seen_loss is None else 1 - config.max_seen_loss
    settings = _settings(first, ValidationScore(fraction, None, NOT_MEASURED))
    return dataclasses.replace(settings, protocol="defaults")


def choose(splits: Sequence[ValidationSplit], config: config_lib.ValidationConfig) -> ChosenSettings:
    """Choose the simplest settings among those with the highest mean over splits of H at their own best gamma.

    Args:
      splits: One or more validation splits, with weights by the same transfers.
      config: Scales and biases to try.
    """
    products = itertools.product(splits[0].kernels, config.scales, config.biases)
    candidates = [Candidate(one.map_fit, one.lambda_, scale, bias) for one, scale, bias in products]
    candidates.sort(key=_complexity)
    scores = [
        mean([split.score(candidate, config.max_seen_loss) for split in splits])
        for candidate in progress.bar(candidates, "settings")
    ]
    best = choice.first_best([one.harmonic_mean for one in scores])
    return _settings(candidates[best], scores[best])


def _settings(candidate: Candidate, score: ValidationScore) -> ChosenSettings:
    return ChosenSettings(
        **candidate._asdict(),
        seen_fraction=score.seen_fraction,
        harmonic_mean=score.harmonic_mean,
        synthetic_position=score.synthetic_position,
    )


def _complexity(candidate: Candidate) -> tuple[float, ...]:
    """Compute the sort key of candidates, which puts the simplest first: part by part, and the fit before all others.

    A closed form is simpler than descent. Relevance after fewer steps is simpler than after more, and a larger lambda,
    which penalizes weights more, simpler than a smaller one. Sizes like the seen classes' are simpler than others, and
    these simpler than the sizes that the transfer gave. No bias is simpler than one for all new classes, and that
    simpler than one for each.
    """
    fits, biases = _SIMPLEST
    (kind, relevance_steps), lambda_, scale, bias = candidate
    size = max(scale, 1 / scale) if scale else np.inf
    return fits.index(kind), relevance_steps, -lambda_, size, scale, biases.index(bias)
