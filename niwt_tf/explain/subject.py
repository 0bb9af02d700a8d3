# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The parts of a run or a model that its explanations need."""

from __future__ import annotations

import dataclasses

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import knowledge
from niwt_tf.method import inverse_map


@dataclasses.dataclass(frozen=True)
class Subject:
    """A classifier, and what explains its predictions in words.

    Attributes:
      classifier: Classifier of all classes.
      gamma: Number subtracted from the logits of seen classes.
      inverse: Map from importances to features.
      known: Domain vectors of all classes.
    """

    classifier: classifier_lib.Classifier
    gamma: float
    inverse: inverse_map.InverseMap
    known: knowledge.DomainKnowledge
