# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The parts of a run or of a model from which explanations are computed."""

from __future__ import annotations

import dataclasses

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import knowledge as knowledge_lib
from niwt_tf.method import inverse_map as inverse_map_lib


@dataclasses.dataclass(frozen=True)
class ExplainedModel:
    """A classifier, with the map and the features that explain its predictions in words.

    Attributes:
      classifier: Classifier of all classes.
      gamma: Number subtracted from the logits of seen classes.
      inverse_map: Map from importances to features.
      knowledge: Domain vectors of all classes.
    """

    classifier: classifier_lib.Classifier
    gamma: float
    inverse_map: inverse_map_lib.InverseMap
    knowledge: knowledge_lib.DomainKnowledge
