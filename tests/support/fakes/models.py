# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Models made by hand: four seen classes and an unseen one, known by attributes or by captions."""

from __future__ import annotations

import functools
from typing import Any

import keras
import numpy as np

from fakes import finished
from niwt_tf import config as config_lib
from niwt_tf.backbones import backbone, classifier
from niwt_tf.domains import encoders, knowledge
from niwt_tf.method import inverse_map, validation
from niwt_tf.method.domain_map import domain_map, fit
from niwt_tf.method.weight_transfer import closed_form
from niwt_tf.models import model as model_lib

SEEN = ("Horse", "Tiger", "Cow", "Wolf")
UNSEEN = ("Okapi",)
ATTRIBUTES = ("coat=plain", "coat=striped", "horns", "weight")
TABLE = np.array([[1, 0, 0, 0.5], [0, 1, 0, 0.2], [1, 0, 1, 0.7], [1, 0, 0, 0.05], [0, 1, 0, 0.3]], np.float32)
CAPTIONS = (
    ("a plain brown coat", "brown and plain, long legs"),
    ("orange coat with black stripes", "black stripes, orange"),
    ("black and white patches, horns", "white coat with black patches and long horns"),
    ("a grey coat", "grey fur, short legs"),
    ("brown with white stripes on the legs",),
)
_IMAGES = 24
_LAMBDA = 1e-3
_RIDGE = domain_map.MapFit("ridge")
_UP_TO_2: dict[str, Any] = {"scale_unit": "length"}  # in bundles of these formats
_SINCE_3: dict[str, Any] = {"scale_unit": "spread", "synthetic_position": 0.5}


def by_attributes(deep: bool = False, descends: bool = False) -> model_lib.Model:
    """Returns a model that knows its classes by attributes.

    Args:
      deep: whether there is a layer with an activation after the pooling, so that images differ in their Jacobians.
      descends: whether it finds new weights by descent, and scales them by length, as bundles of format 1 do.
    """
    share = knowledge.DomainSlice("attributes", len(ATTRIBUTES))
    known = knowledge.DomainKnowledge(TABLE, ATTRIBUTES, SEEN + UNSEEN, "a table", (share,))
    return _model(known, "attributes", deep, descends)


def by_captions(deep: bool = False, descends: bool = False) -> model_lib.Model:
    """Returns a model that knows its classes by captions, of which some phrases contain others."""
    encoder = encoders.TfidfEncoder.fit(CAPTIONS[: len(SEEN)])
    vectors = np.stack([encoder(texts).mean(0) for texts in CAPTIONS])
    share = knowledge.DomainSlice("captions", len(encoder.feature_names), 1.0, encoder)
    known = knowledge.DomainKnowledge(vectors, encoder.feature_names, SEEN + UNSEEN, "captions", (share,))
    return _model(known, "captions", deep, descends)


@functools.cache
def weight_transfer(deep: bool) -> closed_form.ClosedFormTransfer:
    """Returns what weights of these models can do to importances."""
    model = by_attributes(deep, descends=True)
    labels, shrinkage = np.arange(_IMAGES) % len(SEEN), model.config.backbone.classifier_shrinkage
    return closed_form.fit(model.classifier.backbone.head, model.activations, model.features, labels, shrinkage)


def _model(known: knowledge.DomainKnowledge, domain: str, deep: bool, descends: bool) -> model_lib.Model:
    rng = np.random.default_rng(0)
    cut = backbone.Backbone(_network(deep), "conv")
    kernel = rng.normal(size=(cut.feature_size, len(known.class_names))).astype(np.float32)
    bias = rng.normal(size=len(known.class_names)).astype(np.float32)
    images = rng.integers(0, 256, (_IMAGES, finished.SIZE, finished.SIZE, 3), dtype=np.uint8)
    labels = np.arange(_IMAGES) % len(SEEN)
    values = np.abs(rng.normal(size=(len(SEEN), finished.NEURONS)))[labels] + 0.1 * rng.normal(size=(_IMAGES, 6))
    vectors = known.vectors[: len(SEEN)]
    config = config_lib.RunConfig(
        domain=config_lib.DomainConfig(domain=domain),
        map=config_lib.MapConfig(map_folds=2),
        transfer=config_lib.TransferConfig(
            "descent" if descends else "closed", transfer_steps=100, transfer_learning_rate=0.1
        ),
    )
    sums, counts = domain_map.class_sums(values, labels, len(SEEN)), np.bincount(labels)
    forward = fit.fit_to_sums(vectors, sums, counts, config.map, 0, _RIDGE)
    return model_lib.Model(
        classifier=classifier.Classifier(cut, kernel, bias, SEEN + UNSEEN, UNSEEN),
        gamma=0.5,
        knowledge=known,
        forward=forward,
        inverse=inverse_map.fit(values, labels, vectors, 2, 0),
        settings=validation.ChosenSettings(
            _RIDGE, _LAMBDA, 0.8, "level", 0.9, 0.61, **(_UP_TO_2 if descends else _SINCE_3)
        ),
        activations=cut.trunk(images).numpy().astype(np.float16),
        features=cut.network(images).numpy(),
        labels=labels,
        neuron_names=("stripes", None, "horns", None, None, "coat=plain"),
        config=config,
        metrics={"harmonic_mean": 0.5, "split_version": "by hand"},
        operator=None if descends else weight_transfer(deep).weight_operator(forward.residuals, _LAMBDA),
    )


def _network(deep: bool) -> keras.Model:
    keras.utils.set_random_seed(0)
    network = finished.network()
    if not deep:
        return network
    return keras.Model(network.input, keras.layers.Dense(5, activation="tanh", name="dense")(network.output))
