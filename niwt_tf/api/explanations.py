# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What decisions rest on: neurons, places and words; and what each neuron stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from niwt_tf.api import arrays
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import knowledge
from niwt_tf.explain import explainer, neurons, textual
from niwt_tf.method import inverse_map
from niwt_tf.util import arguments


def explain_images(
    classifier: classifier_lib.Classifier, images: np.ndarray, class_name: str = "", gamma: float = 0.0
) -> explainer.Explanations:
    """Returns what a classifier decides of images, the importances of its neurons there, and where they look.

    Args:
      classifier: of all classes.
      images: `[N,H,W,3]` uint8, RGB; their middle squares are fitted to the network.
      class_name: the class to explain; of each image the predicted one by default.
      gamma: what is taken off the seen classes' logits.

    Raises:
      errors.UserError: if the images are of another kind, or there is no such class.
    """
    arrays.require_classifier(classifier)
    pictures = arguments.require_images(images)
    name = arguments.require_text("class_name", class_name, may_be_empty=True)
    margin = arguments.require_number("gamma", gamma)
    index = textual.class_index(name, classifier.class_names, "class_name") if name else None
    return explainer.Explainer(classifier, margin).of_any_size(pictures, index)


def find_reasons(
    inverse: inverse_map.InverseMap, importances: np.ndarray, feature_names: Sequence[str], count: int = textual.COUNT
) -> list[tuple[textual.Reason, ...]]:
    """Returns for each image the features that speak for the class, each with its score, the strongest first.

    Args:
      inverse: of `fit_inverse_map`.
      importances: `[N,K]`, of `explain_images`.
      feature_names: of the domain vectors.
      count: most reasons, at least 1; fewer where fewer features lie above their mean.

    Raises:
      errors.UserError: if an argument is of another kind, or the sizes differ.
    """
    require_inverse(inverse)
    values = arguments.require_matrix("importances", importances, columns=inverse.neurons, of_column="neuron", least=0)
    names = _feature_names(feature_names, inverse)
    arguments.require_whole("count", count, 1)
    return textual.reasons(inverse, values, names, count)


def name_neurons(
    classifier: classifier_lib.Classifier,
    inverse: inverse_map.InverseMap,
    known: knowledge.DomainKnowledge,
    images: np.ndarray,
    labels: np.ndarray,
) -> list[neurons.Neuron]:
    """Returns what each neuron stands for, and how sure that is, judged by training images.

    Args:
      classifier: of `C` classes.
      inverse: of `fit_inverse_map`.
      known: vectors of these classes in their order, with the names of their features; others may follow.
      images: `[N,H,W,3]` uint8, RGB.
      labels: `[N]`, from 0 to `C - 1`, each class at least once.

    Raises:
      errors.UserError: if the arrays are of another kind, or a class has no image.
    """
    arrays.require_classifier(classifier)
    require_inverse(inverse)
    arguments.require_instance("known", known, knowledge.DomainKnowledge, "Give what `encode_attributes` returns.")
    seen = len(classifier.seen)
    vectors = arguments.require_matrix("known.vectors", known.vectors[:seen], rows=seen, of_row="class")
    names = _feature_names(known.feature_names, inverse)
    split = arrays.as_split(images, labels, seen, classifier.backbone.image_size)
    activations = explain_images(classifier, images).activations
    return neurons.name_all(inverse, names, vectors, activations, split.labels)


def require_inverse(inverse: Any) -> inverse_map.InverseMap:
    """Return a map from importances to domain vectors.

    Raises:
      errors.UserError: if it is none.
    """
    remedy = "Give what `fit_inverse_map` returns."
    return arguments.require_instance("inverse", inverse, inverse_map.InverseMap, remedy)


def _feature_names(names: Any, inverse: inverse_map.InverseMap) -> tuple[str, ...]:
    listed, features = arguments.require_texts("feature_names", names), inverse.patterns.shape[1]
    if len(listed) != features:
        raise arguments.wrong(
            "feature_names", f"be a name for each of the map's {features} features", listed, "Give those of `known`."
        )
    return listed
