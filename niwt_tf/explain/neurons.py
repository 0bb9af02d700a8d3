# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Names neurons after features (section 3.4 of the paper), by the inverse map.

No class has a one-hot importance: neurons that serve the same classes are important together. Applied to a one-hot
importance, a linear map gives what the neuron adds to all other neurons, which may be anything (Haufe et al.,
NeuroImage 2014). So the map is applied to the importances that come along with the neuron's: `InverseMap.patterns`.
The features with the highest scores are the candidates. The name is the candidate that the neuron's activations on seen
training images separate best; of equals, see `choice`, the one with the higher score.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from niwt_tf.explain import roc, textual
from niwt_tf.method import inverse_map
from niwt_tf.numerics import choice

# Lowest level at which names keep a mean area under the ROC curve of 0.80 on test images, on aviaries 100 to 102.
CONFIDENCE_LEVEL = 0.76


@dataclasses.dataclass(frozen=True)
class Neuron:
    """A neuron and the feature that it stands for.

    Attributes:
      index: Channel of the neuron in the layer.
      name: Name of the feature that it stands for; None if the confidence is below the level (no clear name).
      feature: Index of the candidate that fits best, even if `name` is None; None without candidates.
      confidence: Area under the ROC curve, 0..1, when its mean activation separates seen training images of classes
        that have the feature from others; 0.5 is chance. 0 without candidates.
      candidates: Features with the highest scores of the inverse map, the strongest first, each with its score.
    """

    index: int
    name: str | None
    feature: int | None
    confidence: float
    candidates: tuple[textual.Reason, ...]


def name_all(
    inverse: inverse_map.InverseMap,
    feature_names: Sequence[str],
    vectors: np.ndarray,
    activations: np.ndarray,
    labels: np.ndarray,
    count: int = textual.COUNT,
    level: float = CONFIDENCE_LEVEL,
) -> list[Neuron]:
    """Name each of the `K` neurons, by seen classes and their training images alone.

    Args:
      inverse: The fitted map.
      feature_names: Names of the `M` features, see `DomainKnowledge`.
      vectors: Domain vectors of the seen classes, `[C,M]`.
      activations: Mean activations over each training image, `[N,K]`; may be mapped from disk.
      labels: Classes of the images, `[N]`.
      count: Largest number of candidates.
      level: Lowest confidence for a name.
    """
    areas = roc.aucs(activations, labels, roc.class_has_feature(vectors))
    index_of = {feature: index for index, feature in enumerate(feature_names)}

    def name(index: int) -> Neuron:
        candidates = textual.best(inverse.patterns[index], feature_names, count)
        if not candidates:
            return Neuron(index, None, None, 0.0, ())
        features = [index_of[feature] for feature, _ in candidates]
        nearest = features[choice.first_best(areas[index, features])]
        confidence = float(areas[index, nearest])
        return Neuron(index, feature_names[nearest] if confidence >= level else None, nearest, confidence, candidates)

    return [name(index) for index in range(len(areas))]
