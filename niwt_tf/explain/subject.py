# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Loads the parts of a run that its explanations need."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import knowledge
from niwt_tf.method import inverse_map
from niwt_tf.util import json_files


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

    @classmethod
    def load(cls, root: Path) -> Subject:
        """Read the stages `knowledge`, `transfer` and `inverse_map` of the run in the folder `root`."""
        return cls(
            classifier_lib.Classifier.load(root / "transfer"),
            json_files.read(root / "transfer" / "calibration.json")["gamma"],
            inverse_map.InverseMap.load(root / "inverse_map"),
            knowledge.DomainKnowledge.load(root / "knowledge" / "knowledge.npz"),
        )
