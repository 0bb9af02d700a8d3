# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load, build and export models, which predict, explain, and learn new classes from descriptions."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.api import arrays, explanations, settings, steps
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import saved_model_layers
from niwt_tf.config import networks
from niwt_tf.domains import knowledge as knowledge_lib
from niwt_tf.explain import neurons as neurons_lib
from niwt_tf.explain import textual
from niwt_tf.method import importance, inverse_map, validation
from niwt_tf.method.calibration import typicality
from niwt_tf.method.domain_map import domain_map
from niwt_tf.models import model as model_lib
from niwt_tf.models.model import Model as Model
from niwt_tf.util import arguments


def load_model(path: str | os.PathLike[str], safe_mode: bool = True) -> Model:
    """Load the model of a run's folder, or of a `.keras` bundle.

    Args:
      path: Folder of the run, or file of the bundle.
      safe_mode: True to refuse a bundle that runs a SavedModel of TensorFlow Hub, because a SavedModel is a program.

    Raises:
      errors.UserError: If there is no model at `path`, or it is damaged, or the run is not finished.
    """
    safe = arguments.require_flag("safe_mode", safe_mode)
    with arguments.named(model="path", nosafe_mode="safe_mode=False"):
        return model_lib.load(arguments.require_path("path", path), safe)


@arguments.accepts_old_names(kept_share="seen_fraction", known="knowledge")
def make_model(
    classifier: classifier_lib.Classifier,
    knowledge: knowledge_lib.DomainKnowledge,
    importances: importance.Importances,
    forward: domain_map.DomainMap | None = None,
    inverse: inverse_map.InverseMap | None = None,
    neurons: Sequence[neurons_lib.Neuron] = (),
    lambda_: float = 0.05,
    scale: float = 1.0,
    bias: str = "level",
    seen_fraction: float = validation.SEEN_FRACTION,
    text_encoder: str = "tfidf",
    seed: int = 0,
    transfer_fit: str = "closed",
    shrinkage: float = steps.SHRINKAGE,
) -> Model:
    """Build a model from your own pieces, which predicts, explains, and learns new classes from descriptions.

    Args:
      classifier: Classifier of seen classes, or of seen and new classes.
      knowledge: Domain vectors of all classes of the classifier, in its order. Its earlier name, `known`, works too.
      importances: Importances of the seen classes, from `compute_importances`.
      forward: Map from `fit_map`. By default it is fitted here.
      inverse: Map from `fit_inverse_map`. By default it is fitted here.
      neurons: Neurons from `name_neurons`. By default no neuron has a name.
      lambda_: Regularization of the weights of new classes, at least 0; see `transfer_weights`.
      scale: Size of the weights of new classes; see `add_classes`.
      bias: Bias of new classes; see `add_classes`.
      seen_fraction: Share of the seen training images that keep a seen class as prediction, 0..1; see `choose_gamma`.
        Its earlier name, `kept_share`, works too.
      text_encoder: Text encoder that `knowledge` was loaded with.
      seed: Random seed of the maps' folds, and of the weights of new classes.
      transfer_fit: Method that fits these weights, `closed` or `descent`; see `transfer_weights`.

    Raises:
      errors.UserError: If the pieces are not of the same classes, or a setting has an invalid value.
    """
    arrays.require_classifier(classifier)
    _require_same_classes(classifier, knowledge)
    importances = arrays.require_importances(importances, classifier, len(classifier.seen))
    _require_maps(forward, inverse)
    steps.require_fraction(seen_fraction)
    arguments.require_seed(seed)
    chosen = settings.run(
        {"lambdas": "lambda_", "scales": "scale", "biases": "bias", "classifier_shrinkage": "shrinkage"},
        domain={"text_encoder": text_encoder},
        backbone={"classifier_shrinkage": shrinkage},
        transfer={"transfer_fit": transfer_fit},
        validation={"lambdas": (lambda_,), "scales": (scale,), "biases": (bias,)},
    )
    vectors = knowledge.vectors[: len(classifier.seen)]
    names = _names(neurons, classifier.backbone.activation_shape[-1])
    forward = forward or steps.fit_map(vectors, importances, seed=seed, blocks=knowledge.blocks)
    is_closed = transfer_fit == "closed"
    return Model(
        classifier=classifier,
        gamma=steps.choose_gamma(classifier, importances.features, seen_fraction) if classifier.unseen else 0.0,
        knowledge=knowledge,
        forward=forward,
        inverse=inverse or steps.fit_inverse_map(vectors, importances, seed=seed),
        settings=validation.ChosenSettings(
            forward.map_fit,
            lambda_,
            scale,
            bias,
            seen_fraction,
            validation.NOT_MEASURED,
            protocol="defaults",
        ),
        activations=importances.activations,
        features=importances.features,
        labels=importances.labels,
        neuron_names=names,
        config=dataclasses.replace(chosen, backbone=_origin(classifier), seed=seed),
        metrics={},
        operator=steps.weight_operator(classifier, importances, forward.residuals, lambda_, shrinkage)
        if is_closed
        else None,
    )


def export_model(
    model: Model,
    out: str | os.PathLike[str],
    format: str = "savedmodel",
    classes_only: bool = False,
    reject: float = typicality.SHARE,
) -> None:
    """Write a model in a format that other programs can run without this library; see `niwt_tf.export`.

    Args:
      model: Model to export.
      out: Folder to write, empty or not there yet; for the format `keras`, the file to write.
      format: `savedmodel`, `litert`, `onnx`, `openvino` or `keras`.
      classes_only: True to write only the classes, for a SavedModel of the same network: into `out`, a new `.npz` file;
        or into the next version of the folder `out`, which TensorFlow Serving reads.
      reject: Share of the seen classes' images that the SavedModel's output `accepted` keeps, above 0 and below 1.

    Raises:
      errors.UserError: If there is no such format, a package that it needs is not installed, something lies at `out`,
        `reject` is not valid, the format lacks an operation of the network, or the SavedModel cannot take in the
        classes.
    """
    from niwt_tf.export import export, target  # optional: others need not wait for the converters

    arguments.require_instance("model", model, Model, "Give what `load_model` or `make_model` returns.")
    place = Path(arguments.require_path("out", out))
    arguments.require_choice("format", format, target.FORMATS)
    classes_only = arguments.require_flag("classes_only", classes_only)
    with arguments.named():
        if classes_only:
            target.require_classes_only(place, format)
            export.export_classes(model, place, reject=reject)
        else:
            export.export(model, place, format, reject=reject)


def _require_same_classes(classifier: classifier_lib.Classifier, knowledge: knowledge_lib.DomainKnowledge) -> None:
    remedy = "Give what `encode_attributes`, `encode_captions` or `load_knowledge` returns."
    arguments.require_instance("knowledge", knowledge, knowledge_lib.DomainKnowledge, remedy)
    if knowledge.class_names != classifier.class_names:
        raise errors.UserError(
            "`knowledge` must be of the classifier's classes, in their order. Received: a classifier of "
            f"{errors.listed(classifier.class_names)}, and knowledge of {errors.listed(knowledge.class_names)}. Encode "
            "what is known of these classes."
        )


def _require_maps(forward: Any, inverse: Any) -> None:
    if forward is not None:
        arguments.require_instance("forward", forward, domain_map.DomainMap, "Give what `fit_map` returns.")
    if inverse is not None:
        explanations.require_inverse(inverse)


def _names(neurons: Sequence[neurons_lib.Neuron], count: int) -> tuple[str | None, ...]:
    if not isinstance(neurons, list | tuple) or not all(isinstance(one, neurons_lib.Neuron) for one in neurons):
        raise arguments.wrong("neurons", "be a list of neurons", neurons, "Give what `name_neurons` returned.")
    if len(neurons) not in (0, count):
        raise errors.UserError(
            f"`neurons` must be all of the layer's, here {count}. Received: {len(neurons)}. Give what `name_neurons` "
            "returned of this classifier."
        )
    names = [one.name and textual.readable(one.name) for one in neurons]
    return tuple(names) if names else (None,) * count


def _origin(classifier: classifier_lib.Classifier) -> config_lib.BackboneConfig:
    """Build backbone settings that name the network's SavedModel, if it has one, so that safe mode can refuse it."""
    programs = tuple(saved_model_layers.OBJECTS.values())
    handles = [layer.source.handle for layer in classifier.backbone.network.layers if isinstance(layer, programs)]
    return config_lib.BackboneConfig(backbone=f"{networks.HUB}{handles[0]}") if handles else config_lib.BackboneConfig()
