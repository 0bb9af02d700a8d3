# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Models of a world in which the classes' features are Gaussian, and their means follow from their attributes.

An image holds its features as the grey values of pixels, so that the network reads exactly these.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import keras
import numpy as np

from niwt_tf import config as config_lib
from niwt_tf.backbones import backbone, classifier
from niwt_tf.domains import knowledge
from niwt_tf.method import inverse_map, validation
from niwt_tf.method.domain_map import domain_map, fit
from niwt_tf.models import model as model_lib
from niwt_tf.numerics import discriminant

SEEN, NEW, ATTRIBUTES = 10, 4, 6
SIDE = 4  # pixels; each is a feature
FEATURES = SIDE * SIDE
_PER_CLASS = 24
_GREY, _SPREAD = 128, 10  # of grey values
NAMES = tuple(f"seen {index}" for index in range(SEEN))
NEW_NAMES = tuple(f"new {index}" for index in range(NEW))


class World(NamedTuple):
    """Attributes `[C,M]` of all classes, the new ones last, and the mean grey values `[C,D]` of their images."""

    vectors: np.ndarray
    means: np.ndarray


@functools.cache
def world(is_told: bool = True) -> World:
    """Draws the world; where it is not told, attributes say nothing of the means."""
    rng = np.random.default_rng(7)
    vectors = rng.uniform(size=(SEEN + NEW, ATTRIBUTES)).astype(np.float32)
    told = vectors if is_told else rng.uniform(size=vectors.shape)
    return World(vectors, _GREY + 4 * _SPREAD * (told - 0.5) @ rng.normal(size=(ATTRIBUTES, FEATURES)))


def images(labels: np.ndarray, seed: int, is_told: bool = True) -> np.ndarray:
    """Draws images `[N,S,S,3]` uint8 of classes."""
    noise = _SPREAD * np.random.default_rng([seed, 3]).normal(size=(len(labels), FEATURES))
    grey = np.clip(np.round(world(is_told).means[labels] + noise), 0, 255).astype(np.uint8)
    return np.repeat(grey.reshape(-1, SIDE, SIDE, 1), 3, axis=-1)


def attributes(new: int) -> tuple[str, ...]:
    """Returns the attributes of a new class as a user writes them."""
    return tuple(f"a{index}:{value!r}" for index, value in enumerate(map(float, world().vectors[SEEN + new])))


@functools.cache
def model(has_own_head: bool = False, is_told: bool = True, per_class: int = _PER_CLASS) -> model_lib.Model:
    """Returns a model of the seen classes.

    Args:
      has_own_head: whether its head is not the discriminant analysis of its features, but like one that was trained.
      is_told: whether attributes tell of the means.
      per_class: number of training images of each class.
    """
    labels = np.repeat(np.arange(SEEN), per_class)
    pictures = images(labels, 1, is_told)
    cut = backbone.Backbone(_network(), "conv")
    features = cut.network(pictures).numpy()
    config = config_lib.RunConfig(map=config_lib.MapConfig(map_folds=2))
    kernel, bias = discriminant.fit(features, labels, SEEN, config.backbone.classifier_shrinkage)
    if has_own_head:
        rng = np.random.default_rng(5)
        kernel = kernel * rng.uniform(0.7, 1.3, kernel.shape)
        bias = -features.mean(0) @ kernel + rng.normal(size=SEEN) / 5
    vectors = world(is_told).vectors[:SEEN]
    values = np.abs(np.random.default_rng(0).normal(size=(len(labels), FEATURES)))
    sums, ridge = domain_map.class_sums(values, labels, SEEN), domain_map.MapFit("ridge")
    share = knowledge.DomainSlice("attributes", ATTRIBUTES)
    names = tuple(f"a{index}" for index in range(ATTRIBUTES))
    return model_lib.Model(
        classifier=classifier.Classifier(cut, kernel.astype(np.float32), bias.astype(np.float32), NAMES, ()),
        gamma=0.0,
        knowledge=knowledge.DomainKnowledge(vectors, names, NAMES, "a table", (share,)),
        forward=fit.fit_to_sums(vectors, sums, np.bincount(labels), config.map, 0, ridge),
        inverse=inverse_map.fit(values, labels, vectors, 2, 0),
        settings=validation.ChosenSettings(ridge, 1e-3, 0.8, "level", 0.9, 0.61),
        activations=cut.trunk(pictures[:4]).numpy().astype(np.float16),
        features=features,
        neuron_names=(None,) * FEATURES,
        config=config,
        metrics={},
        operator=np.random.default_rng(2).normal(size=(FEATURES, FEATURES)).astype(np.float32),
        labels=labels,
    )


def _network() -> keras.Model:
    """Returns images `[N,S,S,3]` uint8 -> grey values `[N,S*S]`, each a neuron of its own: 1 by 1 activations."""
    inputs = keras.Input((SIDE, SIDE, 3), dtype="uint8", name="images")
    x = keras.layers.Rescaling(1 / _SPREAD, -_GREY / _SPREAD)(inputs)
    x = keras.layers.Conv2D(FEATURES, SIDE, use_bias=False, name="conv")(x)
    network = keras.Model(inputs, keras.layers.GlobalAveragePooling2D(name="features")(x))
    weights = np.zeros((SIDE, SIDE, 3, FEATURES), np.float32)
    for feature in range(FEATURES):
        weights[feature // SIDE, feature % SIDE, 0, feature] = 1
    network.get_layer("conv").set_weights([weights])
    return network
