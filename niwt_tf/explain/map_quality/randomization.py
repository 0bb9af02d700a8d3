# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Sanity checks: a map must change with the network's weights, and with the class that it explains.

J. Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018, section 3 (all weights random; Spearman's rank
correlation); L. Sixt, M. Granz and T. Landgraf, "When Explanations Lie: Why Many Modified BP Attributions Fail",
ICML 2020, section 5 (another logit, chosen at random).
"""

from __future__ import annotations

import dataclasses

import keras
import numpy as np

from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.explain.map_quality import subject as subject_lib
from niwt_tf.method.domain_map import domain_map

_ONES = ("gamma", "moving_variance", "scale")  # what leaves its input as it is, if it is 1


def make_parameter(subject: subject_lib.Subject) -> subject_lib.MetricFunction:
    """Make the function from mapped images to the rank correlation with maps of random weights, `[N]`."""
    draw = subject.maps_of(randomized(subject.classifier, subject.seed))
    return lambda batch: rank_correlations(batch.maps, draw(batch.images, batch.classes))


def make_logit(subject: subject_lib.Subject) -> subject_lib.MetricFunction:
    """Make the function from mapped images to the rank correlation with maps of another class, `[N]`."""
    draw, others = subject.draw, other_classes(len(subject.classifier.class_names), subject.seed)
    return lambda batch: rank_correlations(batch.maps, draw(batch.images, others[batch.classes]))


def randomized(classifier: classifier_lib.Classifier, seed: int) -> classifier_lib.Classifier:
    """Copy a classifier with random weights in all layers; fixed preprocessing stays.

    Kernels are drawn as K. He et al., "Delving Deep into Rectifiers", ICCV 2015, draw them; biases are 0, and
    normalization leaves its input as it is.

    Args:
      classifier: Classifier to copy.
      seed: Seed of the weights.
    """
    rng, backbone = np.random.default_rng([seed, 0x4A2]), classifier.backbone
    network = keras.models.clone_model(backbone.network)
    network.set_weights(backbone.network.get_weights())
    for layer in network._flatten_layers():
        if not isinstance(layer, keras.Model | keras.layers.Normalization):
            for weight in (*layer._trainable_variables, *layer._non_trainable_variables):
                weight.assign(_random(rng, layer, weight.name, weight.shape).astype(weight.dtype))
    kernel = rng.permuted(classifier.kernel, axis=None)
    return dataclasses.replace(classifier, backbone=backbone_lib.Backbone(network, backbone.layer), kernel=kernel)


def _random(rng: np.random.Generator, layer: keras.Layer, name: str, shape: tuple[int, ...]) -> np.ndarray:
    if len(shape) < 2:
        return np.ones(shape) if name.endswith(_ONES) else np.zeros(shape)
    inputs = np.prod(layer.kernel_size if isinstance(layer, keras.layers.DepthwiseConv2D) else shape[:-1])
    return rng.normal(0, np.sqrt(2 / inputs), shape)


def other_classes(classes: int, seed: int) -> np.ndarray:
    """Choose another class for each class at random, `[C]`: its successor in a random circle of all classes."""
    circle = np.random.default_rng([seed, 0x107]).permutation(classes)
    others = np.empty(classes, np.int64)
    others[circle] = np.roll(circle, -1)
    return others


def rank_correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Compute Spearman's rank correlation of each row with that of another, `[N]`; NaN where a row is constant.

    Args:
      first: Maps `[N,H,W]`, or other values `[N,...]`.
      second: Values of the same shape.
    """
    rows = [one.reshape(len(one), -1) for one in (first, second)]
    is_constant = np.any([np.ptp(row, axis=1) == 0 for row in rows], axis=0)
    return np.where(is_constant, np.nan, domain_map.rank_correlations(*rows))
