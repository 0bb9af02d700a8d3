# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The parts of a run or of a model from which explanations are computed."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import knowledge as knowledge_lib
from niwt_tf.explain import explainer, textual
from niwt_tf.explain import image_reasons as image_reasons_lib
from niwt_tf.method import inverse_map as inverse_map_lib


@dataclasses.dataclass(frozen=True)
class ExplainedModel:
    """A classifier, with the map and the features that explain its predictions in words.

    Attributes:
      classifier: Classifier of all classes.
      gamma: Number subtracted from the logits of seen classes.
      inverse_map: Map from importances to features.
      knowledge: Domain vectors of all classes.
      features: Features `[N,D]` of the training images, without a gate's.
      labels: Classes `[N]` of the training images, as indices of seen classes.
      neuron_names: Names of the `K` neurons, None for those without a clear one; empty if they are not known.
    """

    classifier: classifier_lib.Classifier
    gamma: float
    inverse_map: inverse_map_lib.InverseMap
    knowledge: knowledge_lib.DomainKnowledge
    features: np.ndarray = dataclasses.field(repr=False)
    labels: np.ndarray = dataclasses.field(repr=False)
    neuron_names: tuple[str | None, ...] = ()

    @functools.cached_property
    def shown(self) -> image_reasons_lib.ShownFeatures:
        """What images show of each feature, fitted on the training images when it is first needed."""
        vectors = self.knowledge.vectors[: len(self.classifier.seen)]
        return image_reasons_lib.fit(self.features, self.labels, vectors)

    def neuron_name(self, index: int) -> str | None:
        """Return the name of a neuron, None if it has none."""
        return self.neuron_names[index] if self.neuron_names else None

    def image_reasons(
        self, explanations: explainer.Explanations, count: int = textual.COUNT
    ) -> list[image_reasons_lib.ImageReasons]:
        """List the reasons for and against the explained class on each image; see `image_reasons.find`."""
        return self._find(self.inverse_map(explanations.importances), explanations, count)

    def image_contrasts(
        self, explanations: explainer.Explanations, others: explainer.Explanations, count: int = textual.COUNT
    ) -> list[image_reasons_lib.ImageReasons]:
        """List the reasons for and against one class rather than another on each image, the strongest first.

        Args:
          explanations: Explanations of the one class.
          others: Explanations of the other class on the same images.
          count: Largest number of reasons of either kind.
        """
        scores = self.inverse_map(explanations.importances) - self.inverse_map(others.importances)
        return self._find(scores, explanations, count)

    def _find(
        self, class_scores: np.ndarray, explanations: explainer.Explanations, count: int
    ) -> list[image_reasons_lib.ImageReasons]:
        return image_reasons_lib.find(
            class_scores, self.shown(explanations.features), self.knowledge.feature_names, count
        )
