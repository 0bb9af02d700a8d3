# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A model made by hand: a network of two convolutions with random weights, and what it knows of six animals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from fakes import whole_run
from niwt_tf import config as config_lib
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import description, knowledge
from niwt_tf.method import inverse_map, validation
from niwt_tf.method.domain_map import domain_map
from niwt_tf.models import files
from niwt_tf.models import model as model_lib

SEEN, UNSEEN = ("Horse", "Tiger", "Cow", "Wolf"), ("Zebra", "Okapi")
# Of which some contain others.
FEATURES = (
    *("stripes", "black stripes", "long black stripes", "black", "hooves", "red", "red crown", "crown"),
    *("wet", "wet nose", "nose", "tail", "long tail", "tall & wet"),
)
SIZE = 8  # pixels
NEURONS = 6
GAMMA = 0.5
_IMAGES = 12  # of each seen class


def model(
    backbone: backbone_lib.Backbone | None = None,
    features: tuple[str, ...] = FEATURES,
    taught: tuple[description.Description, ...] = (),
    config: config_lib.RunConfig | None = None,
    metrics: dict[str, Any] | None = None,
    seed: int = 0,
) -> model_lib.Model:
    """Returns a model of six classes, two of them unseen.

    Args:
      backbone: its network, `network` by default.
      features: what the classes are known by.
      taught: the descriptions of more unseen classes.
      config: the settings of its run.
      metrics: the scores of its run.
      seed: of all random numbers.
    """
    rng, backbone = np.random.default_rng(seed), backbone or backbone_lib.Backbone(network(), "conv")
    names = SEEN + UNSEEN + tuple(one.name for one in taught)
    neurons, size = backbone.activation_shape[-1], backbone.feature_size
    kernel, bias = rng.normal(size=(size, len(names))), rng.normal(size=len(names)) / 10
    vectors = rng.uniform(size=(len(names), len(features))).astype(np.float32)
    labels = np.repeat(np.arange(len(SEEN)), _IMAGES)
    of_class = rng.normal(size=(len(SEEN), neurons))
    values = of_class[labels] + rng.normal(size=(len(labels), neurons)) / 5
    described = keras.Input((len(features),))
    return model_lib.Model(
        classifier=classifier_lib.Classifier(
            backbone, kernel.astype(np.float32), bias.astype(np.float32), names, names[len(SEEN) :]
        ),
        gamma=GAMMA,
        knowledge=knowledge.DomainKnowledge(
            vectors, features, names, "words by hand", (knowledge.DomainSlice("attributes", len(features)),)
        ),
        forward=domain_map.DomainMap(keras.Model(described, keras.layers.Dense(neurons)(described)), 0.75, 60),
        inverse=inverse_map.fit(values, labels, vectors[: len(SEEN)], folds=2, seed=0),
        settings=validation.ChosenSettings(domain_map.MapFit("ridge"), 1e-3, 0.8, "mean", 0.9, 0.61),
        activations=rng.uniform(size=(4, *backbone.activation_shape)).astype(np.float16),
        features=rng.normal(size=(len(labels), size)).astype(np.float32),
        neuron_names=("stripes", *[None] * (neurons - 1)),
        config=config or config_lib.RunConfig(),
        metrics=metrics or {},
        taught=taught,
    )


def write_run(root: Path, made: model_lib.Model) -> Path:
    """Writes a model as the stages of a run leave it, and returns its folder."""
    files._write(made, root)
    made.classifier.save(root / "transfer")
    whole_run.record(root, made.config)
    return root


def network() -> keras.Model:
    """Returns images `[N,8,8,3]` uint8 -> features `[N,5]`; its head, too, bends."""
    inputs = keras.Input((SIZE, SIZE, 3), dtype="uint8", name="images")
    x = keras.layers.Rescaling(1 / 127.5, -1)(inputs)
    x = keras.layers.Conv2D(NEURONS, 3, activation="relu", name="conv")(x)
    x = keras.layers.Conv2D(5, 3, activation="relu", name="top")(x)
    made, rng = keras.Model(inputs, keras.layers.GlobalAveragePooling2D(name="features")(x)), np.random.default_rng(4)
    made.set_weights([rng.normal(size=weight.shape) / 2 for weight in made.get_weights()])
    return made


def images(count: int, height: int = SIZE, width: int = SIZE) -> np.ndarray:
    """Returns noise on grounds of different colours, `[N,H,W,3]` uint8."""
    rng = np.random.default_rng(count)
    grounds, noise = rng.uniform(0, 255, (count, 1, 1, 3)), rng.normal(0, 40, (count, height, width, 3))
    return np.clip(grounds + noise, 0, 255).astype(np.uint8)
