# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Explain predictions by neurons, image regions and words, and name neurons."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from niwt_tf.api import arrays
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import knowledge as knowledge_lib
from niwt_tf.explain import explainer, naming, neurons, textual
from niwt_tf.method import inverse_map
from niwt_tf.util import arguments


def explain_images(
    classifier: classifier_lib.Classifier, images: np.ndarray, class_name: str = "", gamma: float = 0.0
) -> explainer.Explanations:
    """Explain a classifier's prediction on each image by neuron importances and a Grad-CAM map.

    Args:
      classifier: Classifier of all classes.
      images: `[N,H,W,3]` uint8 images, RGB; there may be none. Their middle squares are resized for the network.
      class_name: Class to explain on all images. By default, the predicted class of each image.
      gamma: Number subtracted from the seen classes' logits (calibrated stacking, Chao et al., ECCV 2016).

    Raises:
      errors.UserError: If the images have another shape or type, or there is no such class.
    """
    arrays.require_classifier(classifier)
    pictures = arguments.require_images(images)
    name = arguments.require_text("class_name", class_name, may_be_empty=True)
    penalty = arguments.require_number("gamma", gamma)
    index = textual.class_index(name, classifier.class_names, "class_name") if name else None
    return explainer.Explainer(classifier, penalty).crop_and_explain(pictures, index)


def find_reasons(
    inverse: inverse_map.InverseMap, importances: np.ndarray, feature_names: Sequence[str], count: int = textual.COUNT
) -> list[tuple[textual.Reason, ...]]:
    """Find the features that speak for each image's explained class, each with its score, the strongest first.

    Args:
      inverse: Map from `fit_inverse_map`.
      importances: `[N,K]` importances from `explain_images`.
      feature_names: Names of the domain vectors' features.
      count: Largest number of reasons for an image, at least 1. There are fewer if fewer features lie above their mean
        over the seen classes.

    Raises:
      errors.UserError: If an argument has another type, or the sizes differ.
    """
    require_inverse(inverse)
    values = arguments.require_matrix("importances", importances, columns=inverse.neurons, of_column="neuron", least=0)
    names = _feature_names(feature_names, inverse)
    arguments.require_whole("count", count, 1)
    return textual.reasons(inverse, values, names, count)


@arguments.accepts_old_names(known="knowledge")
def name_neurons(
    classifier: classifier_lib.Classifier,
    inverse: inverse_map.InverseMap,
    knowledge: knowledge_lib.DomainKnowledge,
    images: np.ndarray,
    labels: np.ndarray,
    significance: float = naming.RULE.significance,
) -> list[neurons.Neuron]:
    """Name each neuron after the feature that it stands for, and measure the name on classes held out from the choice.

    Args:
      classifier: Classifier with `C` seen classes.
      inverse: Map from `fit_inverse_map`.
      knowledge: Domain vectors of these classes, in the classifier's order, with the names of their features. Vectors
        of other classes may follow. Its earlier name, `known`, works too.
      images: `[N,H,W,3]` uint8 training images of these classes, RGB.
      labels: `[N]` labels from 0 to `C - 1`, each class at least once.
      significance: Largest p-value of a name, 0 to 1, corrected for all features and neurons: the share of names that
        may be wrong by chance. With 1, the area under the ROC curve alone counts; a dozen classes rarely prove a name.

    Raises:
      errors.UserError: If an array has another shape or type, a class has no image, or `significance` is not valid.
    """
    arrays.require_classifier(classifier)
    require_inverse(inverse)
    level = arguments.require_number("significance", significance, 0.0, 1.0)
    arguments.require_instance(
        "knowledge", knowledge, knowledge_lib.DomainKnowledge, "Give what `encode_attributes` returns."
    )
    seen = len(classifier.seen)
    vectors = arguments.require_matrix("knowledge.vectors", knowledge.vectors[:seen], rows=seen, of_row="class")
    names = _feature_names(knowledge.feature_names, inverse)
    split = arrays.as_split(images, labels, seen, classifier.backbone.image_size)
    activations = explain_images(classifier, images).activations
    rule = dataclasses.replace(naming.RULE, significance=level)
    return neurons.name_all(inverse, names, vectors, activations, split.labels, rule=rule)


def require_inverse(inverse: Any) -> inverse_map.InverseMap:
    """Check that a value is a map from importances to domain vectors, and return it.

    Raises:
      errors.UserError: If it is not.
    """
    remedy = "Give what `fit_inverse_map` returns."
    return arguments.require_instance("inverse", inverse, inverse_map.InverseMap, remedy)


def _feature_names(names: Any, inverse: inverse_map.InverseMap) -> tuple[str, ...]:
    listed, features = arguments.require_texts("feature_names", names), inverse.patterns.shape[1]
    if len(listed) != features:
        raise arguments.wrong(
            "feature_names",
            f"be a name for each of the map's {features} features",
            listed,
            "Give those of the knowledge.",
        )
    return listed
