# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Chooses the map's fit, lambda, scale, bias and gamma on seen classes that play unseen, before any test image is seen.

Of settings that are equally good, see `choice`, the simplest is taken, in whatever order they were asked for.

The rehearsal is a whole run in small: its backbone is trained without the classes that play unseen, so that they are as
new to it as the truly unseen ones are to the final backbone. Of several rehearsals, each with other classes that play
unseen, the means count.
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
from niwt_tf.numerics import choice
from niwt_tf.util import progress

# Groups of classes play unseen; or each class alone in turn, where two or three that stay seen are too few to imagine
# images by, so that gamma lies by the share of images alone; or none, and nothing is chosen.
WAYS = ("groups", "turns", "defaults")
KEPT_SHARE = 0.9  # of the training images, where nothing chooses gamma
NOT_MEASURED = 0.0  # H, where nothing played unseen

Key = tuple[str, int, float]  # a map's fit, the steps of its relevance, and lambda
_SIMPLEST = ("ridge", "descent"), ("zero", "mean", "level")  # fits and biases, the simplest first


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the rehearsal chose.

    Attributes:
      map_fit: how the map is fitted, a member of `config.MAP_FITS`.
      lambda_: the pull towards the mean of the seen classes' weights.
      scale: the size of new weights, see `scale_and_bias.extend`; 0 keeps what the transfer gave.
      bias: a member of `config.BIASES`.
      kept_share: where gamma lies, see `gamma.Place`.
      harmonic_mean: what these settings reached on the classes that played unseen, 0..1; see `expected`.
      map_relevance: for how many steps the map learns how much each attribute or word tells.
      scale_unit: what new weights are scaled by, a member of `config.SCALE_UNITS`.
      imagined_part: where gamma lies, see `gamma.Place`.
      rehearsal: how they were chosen, a member of `WAYS`.
    """

    map_fit: str
    lambda_: float
    scale: float
    bias: str
    kept_share: float
    harmonic_mean: float
    map_relevance: int = 0
    scale_unit: str = "length"
    imagined_part: float | None = None
    rehearsal: str = "groups"

    @property
    def expected(self) -> float | None:
        """The harmonic mean that the rehearsal promised, 0..1; None where there was none."""
        return None if self.rehearsal == "defaults" else self.harmonic_mean

    @property
    def place(self) -> gamma.Place:
        """Where gamma lies."""
        return gamma.Place(self.kept_share, self.imagined_part)


class Outcome(NamedTuple):
    """What a classifier reaches on classes that play unseen.

    Attributes:
      kept_share: where the gammas lie that are about as good as the best, see `gamma.Place`.
      imagined_part: the same by the other ruler.
      harmonic_mean: at the best gamma, 0..1.
    """

    kept_share: float
    imagined_part: float | None
    harmonic_mean: float


@dataclasses.dataclass(frozen=True)
class Trial:
    """A rehearsal up to the choice: a classifier, candidate weights, and the images on which they are compared.

    Attributes:
      classifier: of the classes that stay seen.
      unseen: the names of the `U` that play unseen.
      kernels: (map fit, relevance, lambda) -> their weights `[D,U]`.
      train_features: `[T,D]` of training images, by the rehearsal's backbone.
      seen_features: `[N,D]` of held-out images of seen classes.
      seen_labels: `[N]`.
      unseen_features: `[n,D]` of images of the classes that play unseen.
      unseen_labels: `[n]`.
    """

    classifier: classifier_lib.Classifier
    unseen: tuple[str, ...]
    kernels: Mapping[Key, np.ndarray]
    train_features: np.ndarray
    seen_features: np.ndarray
    seen_labels: np.ndarray
    unseen_features: np.ndarray
    unseen_labels: np.ndarray

    def outcome(self, key: Key, scale: float, scale_unit: str, bias: str) -> Outcome:
        """Returns what these weights of that size and bias reach."""
        kernel, seen_classes = self.kernels[key], len(self.classifier.class_names)
        extended = scale_and_bias.extend(
            self.classifier, kernel, self.unseen, scale, scale_unit, bias, self.train_features
        )
        images = self.train_features, self.seen_features, self.seen_labels, self.unseen_features, self.unseen_labels
        return outcome(extended.logits, *images, seen_classes)


def outcome(
    logits: Callable[[np.ndarray], np.ndarray],
    train_features: np.ndarray,
    seen_features: np.ndarray,
    seen_labels: np.ndarray,
    unseen_features: np.ndarray,
    unseen_labels: np.ndarray,
    seen_classes: int,
) -> Outcome:
    """Returns what a classifier reaches.

    Args:
      logits: features `[n,D]` -> logits `[n,C]`, the seen classes first.
      train_features: as in `Trial`, and so are the next four.
      seen_features: held out.
      seen_labels: of these.
      unseen_features: of classes that play unseen.
      unseen_labels: of these.
      seen_classes: how many columns are seen classes.
    """
    tested = logits(seen_features), seen_labels, logits(unseen_features), unseen_labels
    curve = gzsl.curve(*tested, seen_classes)
    place = gamma.place(logits(train_features), seen_classes, curve.middle_gamma())
    return Outcome(place.kept_share, place.imagined_part, curve.best_gamma()[1])


def mean(outcomes: Sequence[Outcome]) -> Outcome:
    """Returns the means over trials, one or more."""
    return Outcome(*np.mean(np.array(outcomes, np.float64), axis=0).tolist())


def maps(config: config_lib.RehearsalConfig) -> list[tuple[str, int]]:
    """Returns the ways to fit the map that are tried: a member of `config.MAP_FITS`, and the steps of its relevance."""
    return [
        (fit, relevance) for fit in config.map_fits for relevance in (config.map_relevances if fit == "ridge" else (0,))
    ]


def defaults(config: config_lib.RehearsalConfig) -> Settings:
    """Returns the settings where too few classes are seen for any to play unseen: of each list the first value.

    gamma leaves nine of ten training images with a seen class.
    """
    (fit, relevance), *_ = maps(config)
    return Settings(
        fit,
        config.lambdas[0],
        config.scales[0],
        config.biases[0],
        KEPT_SHARE,
        NOT_MEASURED,
        relevance,
        config.scale_unit,
        rehearsal="defaults",
    )


def choose(trials: Sequence[Trial], config: config_lib.RehearsalConfig) -> Settings:
    """Returns the simplest of the settings with the highest harmonic mean at their own best gamma, over the trials.

    Args:
      trials: one or more, with weights for the same maps and lambdas.
      config: the scales, their unit, and the biases to try.
    """
    candidates, unit = list(itertools.product(trials[0].kernels, config.scales, config.biases)), config.scale_unit
    tried = []
    for (fit, relevance, lambda_), scale, bias in progress.bar(candidates, "settings"):
        found = mean([trial.outcome((fit, relevance, lambda_), scale, unit, bias) for trial in trials])
        of_found = found.kept_share, found.harmonic_mean, relevance, unit, found.imagined_part
        tried.append(Settings(fit, lambda_, scale, bias, *of_found))
    tried.sort(key=_complexity)
    return tried[choice.first_best([one.harmonic_mean for one in tried])]


def _complexity(one: Settings) -> tuple[float, ...]:
    """Returns what settings are ordered by, the simplest first: part by part, and the fit before all others.

    A closed form is simpler than a descent, relevance after fewer steps than after more, weights that are held back
    harder (a larger lambda) than freer ones, sizes like the seen classes' than others and these than the learned, no
    bias than one for all new classes and that than one for each.
    """
    fits, biases = _SIMPLEST
    size = max(one.scale, 1 / one.scale) if one.scale else np.inf
    return fits.index(one.map_fit), one.map_relevance, -one.lambda_, size, one.scale, biases.index(one.bias)
