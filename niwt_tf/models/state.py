# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What a model is made of: a classifier of seen and unseen classes, what explains it, and what teaches it more."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import description, knowledge
from niwt_tf.explain import subject as subject_lib
from niwt_tf.method import inverse_map, validation
from niwt_tf.method.domain_map import domain_map
from niwt_tf.util import center_crop


@dataclasses.dataclass(frozen=True)
class ModelState:
    """A classifier of seen and unseen classes, with what new classes are taught by; `model.Model` adds what it does.

    Attributes:
      classifier: of all classes, the seen ones first.
      gamma: what is taken off the seen classes' logits.
      known: the domain vectors of all classes, in that order.
      forward: the map from domain vectors to importances.
      inverse: the map back.
      settings: what the rehearsal chose.
      activations: of training images, or of what `--transfer_source` names, `[n,H,W,K]` float16, on which descent
        finds new weights.
      features: of all training images, `[N,D]` float32, on which they are calibrated.
      neuron_names: of the `K` neurons; None for those without a clear one.
      config: the settings of the run that made it.
      metrics: the scores of that run, and what they rest on; empty where it was not evaluated.
      taught: the descriptions of classes that were added since.
      operator: what turns importances into new weights, `[D,K]`; None where descent finds them.
    """

    classifier: classifier_lib.Classifier
    gamma: float
    known: knowledge.DomainKnowledge
    forward: domain_map.DomainMap
    inverse: inverse_map.InverseMap
    settings: validation.Settings
    activations: np.ndarray
    features: np.ndarray
    neuron_names: tuple[str | None, ...]
    config: config_lib.RunConfig
    metrics: dict[str, Any]
    taught: tuple[description.Description, ...] = ()
    operator: np.ndarray | None = None

    @property
    def class_names(self) -> tuple[str, ...]:
        """Of all classes, the seen ones first."""
        return self.classifier.class_names

    @property
    def seen(self) -> tuple[str, ...]:
        """The classes that the network was trained on."""
        return self.classifier.seen

    @property
    def image_size(self) -> int:
        """The side of the images that the network takes, in pixels; others are fitted to it."""
        return self.classifier.backbone.image_size

    @property
    def subject(self) -> subject_lib.Subject:
        """What explanations follow from."""
        return subject_lib.Subject(self.classifier, self.gamma, self.inverse, self.known)


def scores(model: ModelState) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns a compiled function from images `[N,H,W,3]` uint8 to scores `[N,C]` float32."""
    kernel, bias = tf.constant(model.classifier.kernel), tf.constant(calibrated_bias(model))

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8, name="images")])
    def of_images(images: tf.Tensor) -> tf.Tensor:
        return scores_of(model, center_crop.fit(images, model.image_size), kernel, bias)

    return of_images


def scores_of(model: ModelState, images: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """Returns scores `[N,C]` float32, within a graph.

    Args:
      model: whose network is run.
      images: `[N,S,S,3]` uint8, RGB.
      kernel: that of its classifier, `[D,C]`; a tensor, or a variable.
      bias: its `calibrated_bias`; a tensor, or a variable.
    """
    features = model.classifier.backbone.network(images, training=False)
    return tf.cast(features, tf.float32) @ kernel + bias


def calibrated_bias(model: ModelState) -> np.ndarray:
    """Returns the bias `[C]` float32, gamma taken off the seen classes' own."""
    return model.classifier.calibrated_bias(model.gamma)
