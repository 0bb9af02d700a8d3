# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What of a run its explanations follow from."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import knowledge
from niwt_tf.method import inverse_map
from niwt_tf.util import json_files


@dataclasses.dataclass(frozen=True)
class Subject:
    """What decides, and what tells of it in words.

    Attributes:
      classifier: of all classes.
      gamma: what is taken off the seen classes' logits.
      inverse: the map from importances to features.
      known: the domain vectors of all classes.
    """

    classifier: classifier_lib.Classifier
    gamma: float
    inverse: inverse_map.InverseMap
    known: knowledge.DomainKnowledge

    @classmethod
    def load(cls, root: Path) -> Subject:
        """Returns that of a run's folder: of its stages knowledge, transfer and inverse_map."""
        return cls(
            classifier_lib.Classifier.load(root / "transfer"),
            json_files.read(root / "transfer" / "calibration.json")["gamma"],
            inverse_map.InverseMap.load(root / "inverse_map"),
            knowledge.DomainKnowledge.load(root / "knowledge" / "knowledge.npz"),
        )
