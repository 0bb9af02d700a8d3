# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Finds the feature that each neuron's activations follow best, and measures it on classes held out from the choice.

The feature is the one whose area under the ROC curve is highest after a standard error is taken off: among hundreds of
features, one that few classes have reaches a high area by chance. The choice is made again without each fold of
classes in turn (cross-fitting), and measured on that fold. Images of a class are not independent, so classes are held
out, and classes count in the standard error.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import stats

from niwt_tf.explain import compound, permutation, roc, simulation
from niwt_tf.numerics import discriminant
from niwt_tf.numerics import folds as folds_lib

_FOLDS = 10


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a name needs.

    Attributes:
      area: Lowest area under the ROC curve on seen training images, 0..1. With 0.76, names keep a mean area of 0.80 on
        test images of aviaries 100 to 102.
      significance: Largest corrected p-value: the share of names that may be wrong by chance; 1 asks for none.
      held_out: Lowest area on classes that were held out from the choice, 0..1.
    """

    area: float = 0.76
    significance: float = 1.0
    held_out: float = 0.0


RULE = Rule()
BORNE_OUT = Rule(significance=0.05, held_out=0.6)  # by classes that had no part in the choice; few classes never do


@dataclasses.dataclass(frozen=True)
class Choices:
    """The feature that each of `K` neurons follows best, with measures on seen training images.

    Attributes:
      features: Its index, `[K]`; -1 for a neuron that tells no classes apart, or without a feature to choose.
      seconds: Feature that fits best beside it, `[K]`; -1 where none narrows it down.
      aucs: Area under the ROC curve of the first feature, `[K]`, 0..1; 0.5 is chance.
      held_out: The area on classes held out from the choice, `[K]`; 0.5 where it is not defined.
      p_values: Probability of as high a correlation if the neuron follows no feature, `[K]`, corrected for the number
        of features and of neurons.
      second_p_values: Probability of the rise by the second feature on held-out classes if it adds nothing, `[K]`.
      simulated: Correlation of the mean activations of held-out classes with those that the feature predicts, `[K]`.
    """

    features: np.ndarray
    seconds: np.ndarray
    aucs: np.ndarray
    held_out: np.ndarray
    p_values: np.ndarray
    second_p_values: np.ndarray
    simulated: np.ndarray

    def is_named(self, rule: Rule) -> np.ndarray:
        """Select the neurons whose feature is their name, `[K]` bool."""
        holds = (self.aucs >= rule.area) & (self.held_out >= rule.held_out) & (self.p_values <= rule.significance)
        return holds & (self.features >= 0)

    def borne_out_seconds(self, rule: Rule) -> np.ndarray:
        """Select the second features of names that held-out classes bear out, `[K]`; -1 for all other neurons."""
        seconds = np.full(len(self.features), -1)
        candidates = np.flatnonzero(self.is_named(rule) & (self.seconds >= 0))
        # Always tested, whatever a name needs: some second feature fits the classes of the choice by chance.
        borne_out = candidates[_corrected(self.second_p_values[candidates]) < BORNE_OUT.significance]
        seconds[borne_out] = self.seconds[borne_out]
        return seconds


def choose(
    activations: np.ndarray,
    labels: np.ndarray,
    vectors: np.ndarray,
    candidates: np.ndarray | None = None,
    seed: int = 0,
) -> Choices:
    """Choose a feature for each neuron, and measure how well it holds.

    Args:
      activations: Mean activations over each training image of seen classes, `[N,K]`; may be mapped from disk.
      labels: Classes of the images, `[N]`, each at least once.
      vectors: Domain vectors of the seen classes, `[C,M]`.
      candidates: True for the features that each neuron may be named after, `[K,M]` bool; all by default.
      seed: Seed of the folds of classes and of the permutations.
    """
    has = roc.class_has_feature(vectors)
    ranks = roc.ClassRanks.of(activations, labels, len(has))
    fold_of = folds_lib.deal(len(has), _FOLDS, seed)
    features = best_features(ranks, has, candidates)
    kept = [fold_of != fold for fold in range(fold_of.max() + 1)]
    chosen = np.stack([best_features(ranks.select(rows), has[rows], candidates) for rows in kept])
    seconds, second_p_values = compound.second_features(ranks, has, features, fold_of, candidates)
    means = discriminant.class_means(activations, labels, len(has))
    have = roc.classes_with(has, features)
    areas = ranks.aucs_of(have)
    return Choices(
        features,
        seconds,
        np.nan_to_num(areas, nan=0.5),
        np.nan_to_num(ranks.aucs_of(_held_out(has, chosen, fold_of)), nan=0.5),
        _corrected(permutation.p_values(ranks.means, has, seed)),
        second_p_values,
        simulation.held_out_correlations(means, simulation.scaled(vectors), chosen, fold_of),
    )


def best_features(ranks: roc.ClassRanks, has: np.ndarray, candidates: np.ndarray | None = None) -> np.ndarray:
    """Choose the feature of each neuron, `[K]`, by its area; -1 where there is none to choose.

    Among all features, a standard error is taken off the areas.

    Args:
      ranks: Ranks of the images of `C` classes.
      has: True for features that a class has, `[C,M]` bool.
      candidates: True for the features that each neuron may be named after, `[K,M]` bool; all by default.
    """
    areas = ranks.aucs(has)
    if candidates is None:
        strengths = roc.strengths(areas, has.sum(0), len(has))
    else:  # so few that no error need be taken off
        strengths = np.where(candidates, np.nan_to_num(areas, nan=0.5), -np.inf)
    varies = np.ptp(ranks.means, axis=1) > 0
    return np.where(varies & (strengths.max(1, initial=-np.inf) > -np.inf), strengths.argmax(1), -1)


def _held_out(has: np.ndarray, chosen: np.ndarray, fold_of: np.ndarray) -> np.ndarray:
    """Select whether each class has the feature that was chosen without its fold, `[F,K]`: `[K,C]` bool."""
    return np.stack([roc.classes_with(has, features) for features in chosen])[fold_of, :, np.arange(len(has))].T


def _corrected(p_values: np.ndarray) -> np.ndarray:
    """Correct p-values for their number by Benjamini and Hochberg's procedure (JRSS B 57, 1995).

    It bounds the expected share of wrong names. Holm's would bound the chance of a single one, which is too strict for
    a thousand neurons, of which a reader looks at many.
    """
    return stats.false_discovery_control(p_values) if len(p_values) else p_values
