# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A name for each neuron (section 3.4 of the paper): what the inverse map tells of its importance.

No class has a one-hot importance: neurons that serve the same classes are important together. Asked of it as it is, a
linear map tells what the neuron adds once all others are known, which may be anything (Haufe et al., NeuroImage 2014).
So the map is asked of the importances that come along with the neuron's: `InverseMap.patterns`. Of the features that it
tells most of, the name is the one that the neuron's activations on seen training images bear out best; of equals, see
`choice`, the one that it tells more of.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from niwt_tf.explain import roc, textual
from niwt_tf.method import inverse_map
from niwt_tf.numerics import choice

# On aviaries 100 to 102 the lowest at which names keep a mean area of 0.80 on test images.
CONFIDENCE_LEVEL = 0.76


@dataclasses.dataclass(frozen=True)
class Neuron:
    """What a neuron stands for.

    Attributes:
      index: its channel in the layer.
      name: the name of the feature that it stands for; None where the confidence is below the level: no clear name.
      feature: the index of that feature, of several such the nearest; None where there is no candidate.
      confidence: how well its mean activation tells seen training images of classes that have the feature from others:
        the area under the ROC curve, 0..1, where 0.5 is chance; 0 without a candidate.
      candidates: the features that the inverse map tells of it, the strongest first, each with its score.
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
    """Returns what each of the `K` neurons stands for, judged by seen classes and their training images alone.

    Args:
      inverse: the fitted map.
      feature_names: the `M` names, see `DomainKnowledge`.
      vectors: of the seen classes, `[C,M]`.
      activations: mean activations over each training image, `[N,K]`; may be mapped from disk.
      labels: the images' classes `[N]`.
      count: most candidates.
      level: the least confidence for a name.
    """
    areas = roc.aucs(activations, labels, roc.class_has_feature(vectors))
    index_of = {feature: index for index, feature in enumerate(feature_names)}

    def named(index: int) -> Neuron:
        candidates = textual.best(inverse.patterns[index], feature_names, count)
        if not candidates:
            return Neuron(index, None, None, 0.0, ())
        features = [index_of[feature] for feature, _ in candidates]
        nearest = features[choice.first_best(areas[index, features])]
        confidence = float(areas[index, nearest])
        return Neuron(index, feature_names[nearest] if confidence >= level else None, nearest, confidence, candidates)

    return [named(index) for index in range(len(areas))]
