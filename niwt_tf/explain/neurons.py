# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A name for each neuron (section 3.4 of the paper): what the inverse map tells of its importance alone.

No class has a one-hot importance: neurons that serve the same classes are important together. Asked of it as it is, a
linear map tells what the neuron adds once all others are known, which may be anything (Haufe et al., NeuroImage 2014).
So the map is asked of the importances that come along with the neuron's, which gives `InverseMap.patterns`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from niwt_tf import inverse_map
from niwt_tf.explain import textual, word_scores

LEVEL = 0.775  # of confidence
_TRIED = 3


@dataclasses.dataclass(frozen=True)
class Neuron:
    """What a neuron stands for.

    Attributes:
      index: its channel in the layer.
      name: the name of the feature that it stands for; None where the confidence is below the level.
      feature: the index of that feature, or of the one that comes nearest; None where there is no candidate.
      confidence: how well its mean activation tells seen training images that have the feature from those that do not,
        as the area under the ROC curve, 0..1; 0.5 is chance.
      candidates: the features that the inverse map tells of it, the strongest first, each with its correlation with the
        neuron's importance, 0..1.
    """

    index: int
    name: str | None
    feature: int | None
    confidence: float
    candidates: tuple[textual.Reason, ...]
