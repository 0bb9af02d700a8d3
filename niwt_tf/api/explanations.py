# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What decisions rest on: neurons, places and words; and what each neuron stands for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from niwt_tf import inverse_map
from niwt_tf.api import arrays
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import squares
from niwt_tf.domains import knowledge
from niwt_tf.explain import explainer, neurons, textual


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
    fitted = squares.fit(tf.constant(arrays.require_images(images)), classifier.backbone.image_size).numpy()
    index = textual.class_index(class_name, classifier.class_names, "class_name") if class_name else None
    return explainer.Explainer(classifier, gamma)(fitted, None if index is None else np.full(len(fitted), index))


def find_reasons(
    inverse: inverse_map.InverseMap, importances: np.ndarray, feature_names: Sequence[str], count: int = textual.COUNT
) -> list[tuple[textual.Reason, ...]]:
    """Returns for each image the features that speak for the class, each with its score, the strongest first.

    Args:
      inverse: of `fit_inverse_map`.
      importances: `[N,K]`, of `explain_images`.
      feature_names: of the domain vectors.
      count: most reasons; fewer where fewer features lie above their mean.
    """
    return textual.reasons(inverse, importances, feature_names, count)


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
    seen = len(classifier.seen)
    split = arrays.as_split(images, labels, seen, classifier.backbone.image_size)
    activations = explain_images(classifier, images).activations
    return neurons.name_all(inverse, known.feature_names, known.vectors[:seen], activations, split.labels)
