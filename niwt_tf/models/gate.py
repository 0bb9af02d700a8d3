# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A feature by which new classes compete with the known ones on the terms of class means, and a head stays as it is.

Whether an image is of a new class is decided by class means, whose scores for images that no one has seen are known.
Which known class it is of is decided by the user's own head, as before. With the head's logits o, the scores s by class
means, and a factor a that brings both to one size, the network gets one feature more:

  g = max_c o_c - a max_c s_c

A new class with the logit a s_u + g then exceeds all o_c where s_u exceeds all s_c. Logits stay linear in the features,
and the known classes' weights for g are 0. Where the head itself is a discriminant analysis of the same images, o and s
are the same, and no such feature is needed.
"""

from __future__ import annotations

import dataclasses

import keras
import numpy as np

from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib

_NAME = "niwt_gate"  # a name that no other layer of a user's network has
_PARTS = (f"{_NAME}_head", f"{_NAME}_means")  # layers whose outputs are o, and a s


def has(classifier: classifier_lib.Classifier) -> bool:
    """Check whether a classifier's network has the feature, as its last one."""
    return any(layer.name == _NAME for layer in classifier.backbone.network.layers)


def own_features(classifier: classifier_lib.Classifier, features: np.ndarray) -> np.ndarray:
    """Return features `[N,D]` without the gate's."""
    return features[:, :-1] if has(classifier) and features.shape[1] == len(classifier.kernel) else features


def completed(classifier: classifier_lib.Classifier, features: np.ndarray) -> np.ndarray:
    """Return features `[N,D]` with the gate's, if the classifier has a gate."""
    if not has(classifier) or features.shape[1] == len(classifier.kernel):
        return features
    return with_gate(features, weights_of(classifier))


def weights_of(classifier: classifier_lib.Classifier) -> list[list[np.ndarray]]:
    """Return the weights from which the feature of a classifier that has it follows, as `add` returned them."""
    return [classifier.backbone.network.get_layer(name).get_weights() for name in _PARTS]


def add(
    classifier: classifier_lib.Classifier, kernel: np.ndarray, bias: np.ndarray
) -> tuple[classifier_lib.Classifier, list[list[np.ndarray]]]:
    """Add the feature to a classifier.

    Args:
      classifier: Classifier without a gate.
      kernel: Kernel `[D,C]` of the known classes' scores by class means, times the factor.
      bias: Their bias `[C]`, times the factor.

    Returns:
      The classifier with the feature, which gives the same logits; and the weights from which the feature follows.
    """
    seen = len(classifier.seen)
    own = [classifier.kernel[:, :seen], classifier.bias[:seen]]
    weights = [own, [kernel.astype(np.float32), bias.astype(np.float32)]]
    network = classifier.backbone.network
    features = network.output
    best = [_highest(features, name, *values) for name, values in zip(_PARTS, weights, strict=True)]
    gate = keras.layers.Subtract(dtype="float32", name=f"{_NAME}_margin")(best)
    output = keras.layers.Concatenate(dtype="float32", name=_NAME)([features, gate])
    backbone = backbone_lib.Backbone(keras.Model(network.input, output, name=network.name), classifier.backbone.layer)
    zeros = np.zeros((1, len(classifier.class_names)), np.float32)
    return dataclasses.replace(
        classifier, backbone=backbone, kernel=np.concatenate([classifier.kernel, zeros])
    ), weights


def remove(classifier: classifier_lib.Classifier) -> classifier_lib.Classifier:
    """Remove the feature from a classifier; one that has none stays as it is."""
    if not has(classifier):
        return classifier
    network = classifier.backbone.network
    features, _ = network.get_layer(_NAME).input
    backbone = backbone_lib.Backbone(keras.Model(network.input, features, name=network.name), classifier.backbone.layer)
    return dataclasses.replace(classifier, backbone=backbone, kernel=classifier.kernel[:-1])


def with_gate(features: np.ndarray, weights: list[list[np.ndarray]]) -> np.ndarray:
    """Append the gate's feature to features `[N,D]`, from the weights that `add` returned."""
    head, means = ((features @ kernel + bias).max(1, keepdims=True) for kernel, bias in weights)
    return np.concatenate([features, head - means], axis=1).astype(np.float32)


def _highest(features: keras.KerasTensor, name: str, kernel: np.ndarray, bias: np.ndarray) -> keras.KerasTensor:
    dense = keras.layers.Dense(len(bias), dtype="float32", trainable=False, name=name)
    logits = dense(features)
    dense.set_weights([kernel, bias])
    column = keras.layers.Reshape((len(bias), 1), dtype="float32", name=f"{name}_column")(logits)
    return keras.layers.GlobalMaxPooling1D(dtype="float32", name=f"{name}_highest")(column)
