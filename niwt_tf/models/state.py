# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The parts of a model: a classifier of seen and unseen classes, what explains it, and what teaches it more."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import description
from niwt_tf.domains import knowledge as knowledge_lib
from niwt_tf.explain import explained_model as explained_model_lib
from niwt_tf.method import inverse_map, validation
from niwt_tf.method.domain_map import domain_map
from niwt_tf.models import class_summary, gate, limited_classes
from niwt_tf.models import known_means as known_means_lib
from niwt_tf.util import center_crop


@dataclasses.dataclass(frozen=True)
class ModelState:
    """A classifier of seen and unseen classes, with the data from which new classes are added. It is immutable.

    Attributes:
      classifier: Classifier of all classes, the seen ones first.
      gamma: Number subtracted from the seen classes' logits (calibrated stacking, Chao et al., ECCV 2016).
      knowledge: Domain vectors of all classes, in that order.
      forward: Map from domain vectors to importances.
      inverse: Map from importances to domain vectors.
      settings: Settings that validation with pseudo-unseen classes chose.
      activations: `[n,H,W,K]` float16 activations of training images, or of the images that `transfer_source` names.
        Descent fits new weights on them.
      features: `[N,D]` float32 features of all training images. Scale, bias and gamma of new weights follow from them.
      neuron_names: Names of the `K` neurons; None for those without a clear one.
      config: Settings of the run that made the model.
      metrics: Contents of that run's `metrics.json`; empty if it was not evaluated.
      taught: Descriptions of the classes that were added later.
      operator: `[D,K]` matrix from importances to new weights; None if descent fits them.
      labels: Classes `[N]` of the training images, as indices of seen classes; None in models of earlier formats.
      limited: Classes that were taught within a limit on the loss of the seen ones; they come last.
      known_means: Class means of the seen classes, which follow from the other attributes; None until they are needed.
      summary: Summary of the classes, which follows from the other attributes; None until a class is taught.
    """

    classifier: classifier_lib.Classifier
    gamma: float
    knowledge: knowledge_lib.DomainKnowledge
    forward: domain_map.DomainMap
    inverse: inverse_map.InverseMap
    settings: validation.ChosenSettings
    activations: np.ndarray
    features: np.ndarray
    neuron_names: tuple[str | None, ...]
    config: config_lib.RunConfig
    metrics: dict[str, Any]
    taught: tuple[description.Description, ...] = ()
    operator: np.ndarray | None = None
    labels: np.ndarray | None = None
    limited: limited_classes.LimitedClasses = limited_classes.LimitedClasses()
    known_means: known_means_lib.KnownMeans | None = dataclasses.field(default=None, repr=False, compare=False)
    summary: class_summary.ClassSummary | None = dataclasses.field(default=None, repr=False, compare=False)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of all classes, the seen ones first."""
        return self.classifier.class_names

    @property
    def seen(self) -> tuple[str, ...]:
        """Names of the classes that the network was trained on."""
        return self.classifier.seen

    @property
    def image_size(self) -> int:
        """Side of the images that the network takes, in pixels; others are cropped and resized to it."""
        return self.classifier.backbone.image_size

    @property
    def explained_model(self) -> explained_model_lib.ExplainedModel:
        """Parts of the model from which explanations are computed."""
        features = gate.own_features(self.classifier, self.features)
        parts = self.classifier, self.gamma, self.inverse, self.knowledge
        return explained_model_lib.ExplainedModel(*parts, features, training_labels(self), self.neuron_names)


def training_labels(model: ModelState) -> np.ndarray:
    """Return the classes `[N]` of the training images; in models of earlier formats those that are predicted."""
    if model.labels is not None:
        return model.labels
    return model.classifier.logits(model.features)[:, : len(model.seen)].argmax(1)


def compile_scores(model: ModelState) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """Compile a function from images `[N,H,W,3]` uint8 to scores `[N,C]` and features `[N,D]`, float32."""
    kernel, bias = tf.constant(model.classifier.kernel), tf.constant(calibrated_bias(model))

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8, name="images")])
    def scores(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        features = compute_features(model, center_crop.fit(images, model.image_size))
        return features @ kernel + bias, features

    return scores


def compute_features(model: ModelState, images: tf.Tensor) -> tf.Tensor:
    """Compute features `[N,D]` float32 of images `[N,S,S,3]` uint8, within a graph."""
    return tf.cast(model.classifier.backbone.network(images, training=False), tf.float32)


def calibrated_bias(model: ModelState) -> np.ndarray:
    """Compute the bias `[C]` float32, with gamma subtracted from that of the seen classes."""
    return model.classifier.calibrated_bias(model.gamma)
