# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Names neurons after features: by what their activations follow, with what the inverse map says of them beside it.

Section 3.4 of the paper names a neuron by the inverse map of its one-hot importance. But no class has a one-hot
importance: neurons that serve the same classes are important together. Applied to a one-hot importance, a linear map
gives what the neuron adds to all other neurons, which may be anything (Haufe et al., NeuroImage 2014). So the map is
applied to the importances that come along with the neuron's: `InverseMap.patterns`. The features with the highest
scores are the candidates. The name is the candidate that the activations follow best, if that is borne out: see
`naming`. Of all features, thousands of words among them, some always fits better by chance.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from niwt_tf.explain import naming, textual
from niwt_tf.method import inverse_map

_KINDS = (" color", " colour", " pattern", " shape", " length", " size")


@dataclasses.dataclass(frozen=True)
class Neuron:
    """A neuron and the feature that it stands for.

    Attributes:
      index: Channel of the neuron in the layer.
      name: Name of the feature that it stands for, or of two that have to be there together; None if activations follow
        none well enough, see `naming.Rule` (no clear name).
      feature: Index of the candidate that its activations follow best, even if `name` is None; None without candidates,
        or if it tells no classes apart.
      confidence: Area under the ROC curve, 0..1, when its mean activation separates seen training images of classes
        that have the feature from others; 0.5 is chance. 0 without a feature.
      candidates: Features with the highest scores of the inverse map, the strongest first, each with its score.
      second: Index of the second feature of a compound name; None for a single feature.
      held_out_auc: The same area on classes that were held out when the feature was chosen; 0.5 if too few have it.
      p_value: Probability that activations follow some feature so well by chance, corrected for the number of features
        and of neurons.
      simulated: Correlation of the mean activations of held-out classes with those that the feature alone predicts.
    """

    index: int
    name: str | None
    feature: int | None
    confidence: float
    candidates: tuple[textual.Reason, ...]
    second: int | None = None
    held_out_auc: float = 0.5
    p_value: float = 1.0
    simulated: float = 0.0

    @property
    def is_borne_out(self) -> bool:
        """Whether classes that had no part in the choice bear out the name, and chance would hardly give it."""
        rule = naming.BORNE_OUT
        return self.name is not None and self.p_value <= rule.significance and self.held_out_auc >= rule.held_out

    @property
    def features(self) -> tuple[int, ...]:
        """Indices of the features of the name; empty without one."""
        if self.name is None or self.feature is None:
            return ()
        return (self.feature,) if self.second is None else (self.feature, self.second)


def name_all(
    inverse: inverse_map.InverseMap,
    feature_names: Sequence[str],
    vectors: np.ndarray,
    activations: np.ndarray,
    labels: np.ndarray,
    count: int = textual.COUNT,
    rule: naming.Rule = naming.RULE,
) -> list[Neuron]:
    """Name each of the `K` neurons, by seen classes and their training images alone.

    Args:
      inverse: The fitted map.
      feature_names: Names of the `M` features, see `DomainKnowledge`.
      vectors: Domain vectors of the seen classes, `[C,M]`.
      activations: Mean activations over each training image, `[N,K]`; may be mapped from disk.
      labels: Classes of the images, `[N]`, each at least once.
      count: Largest number of candidates.
      rule: What a name needs.
    """
    best = textual.best_indices(inverse.patterns, feature_names, count)
    is_candidate = np.zeros(inverse.patterns.shape, bool)
    for neuron, features in enumerate(best):
        is_candidate[neuron, features] = True
    choices = naming.choose(activations, labels, vectors, is_candidate)
    is_named, seconds = choices.is_named(rule), choices.borne_out_seconds(rule)

    def name(index: int) -> Neuron:
        scores = inverse.patterns[index]
        candidates = tuple((feature_names[one], float(scores[one])) for one in best[index])
        feature, second = int(choices.features[index]), int(seconds[index])
        if feature < 0:
            return Neuron(index, None, None, 0.0, candidates)
        named = [feature_names[one] for one in (feature, second) if one >= 0]
        return Neuron(
            index,
            join(named) if is_named[index] else None,
            feature,
            float(choices.aucs[index]),
            candidates,
            second if second >= 0 else None,
            float(choices.held_out[index]),
            float(choices.p_values[index]),
            float(choices.simulated[index]),
        )

    return [name(index) for index in range(len(is_named))]


def join(features: Sequence[str]) -> str:
    """Phrase a name: a single feature as it is, several as in "blue crown and spotted belly".

    Args:
      features: Names of the features, at least one.
    """
    return features[0] if len(features) == 1 else " and ".join(map(_phrase, features))


def _phrase(feature: str) -> str:
    """Convert `has_crown_color::blue` to "blue crown"; other features are read as `textual.readable` does."""
    part, _, value = textual.readable(feature).partition(": ")
    for kind in _KINDS:
        if value and part.endswith(kind):
            return f"{value} {part.removesuffix(kind)}"
    return textual.readable(feature)
