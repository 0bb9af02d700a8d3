# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Make a model that learns new classes of a user's own classifier, of photographs and descriptions of its classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.api import classifiers, models, settings, steps
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import described
from niwt_tf.domains import knowledge as knowledge_lib
from niwt_tf.explain import neurons as neurons_lib
from niwt_tf.method import importance
from niwt_tf.models import own_head
from niwt_tf.models.model import Model
from niwt_tf.util import arguments, progress

RELEVANCE = 10  # steps of relevance determination, which suit a dozen classes
_LEAST = 2  # photographs of a class: one is left out at times
_KEPT_IMAGES = 512
_SEED = 0
_FOLDER = "photographs"  # in place of the folder that the images came from, which nobody knows
_SOURCE = "descriptions of the caller's"


@dataclasses.dataclass(frozen=True)
class Network:
    """A user's network, and the head that it brings.

    Attributes:
      backbone: Network up to the features.
      own: Classifier of the described classes with the user's own head; None if it cannot be used.
    """

    backbone: backbone_lib.Backbone
    own: classifier_lib.Classifier | None


def make_teachable(
    model: str | keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    captions: Mapping[str, Sequence[str]] | None = None,
    attributes: Mapping[str, Sequence[str]] | None = None,
    documents: Mapping[str, Sequence[str]] | None = None,
    knowledge: knowledge_lib.DomainKnowledge | None = None,
    refit_head: bool = False,
    custom_objects: Mapping[str, Any] | None = None,
    **values: Any,
) -> Model:
    """Make a model that can be taught new classes of your own trained Keras classifier.

    The classifier stays as it is: among its own classes the model decides as it does. A few dozen photographs of each
    class tell where classes lie among its features, and the descriptions what their words look like.

    Args:
      model: `keras:PATH`, or a functional or sequential Keras model, as `load_classifier` takes it.
      images: `[N,H,W,3]` uint8 photographs of its classes, RGB, of any size. They may be those it was trained on.
      labels: `[N]` indices of the photographs' classes, each class at least twice.
      captions: Sentences that describe how each class looks, by the name of the class. The names are in the order of
        the model's outputs and of the labels.
      attributes: Attributes of each class, by its name, each written as `Model.teach` takes it: `stripes`,
        `crown color: red` or `furry:0.8`. An attribute that is not listed is 0, or the mean if others have numbers.
      documents: Longer texts about each class, by its name.
      knowledge: Result of `encode_attributes` or `encode_captions`, in place of descriptions.
      refit_head: True to replace the last layer by one that is fitted to the photographs by discriminant analysis. What
        that brings is printed.
      custom_objects: Your own layers and functions by name, as `load_classifier` takes them.
      **values: Settings of `config.BackboneConfig`, such as `layer` or `preprocessing`.

    Raises:
      errors.UserError: If the model is no classifier of the described classes, a class has no description or fewer than
        two photographs, or an array has another shape or type.
    """
    refits = arguments.require_flag("refit_head", refit_head)
    texts = {"captions": captions, "attributes": attributes, "documents": documents}
    known = _require_knowledge(knowledge, {name: one for name, one in texts.items() if one is not None})
    settings.refuse(values, backbone="Name the network by `model`.", finetune="The network stays as it is.")
    numbers = _require_photographs(images, labels, known.class_names)
    network = load(model, known.class_names, refits, custom_objects, values)
    made, comparison = build(network, known, images, numbers, refits)
    if refits:
        progress.print_line(f"  head {describe(comparison, refits)}")
    if comparison.is_doubtful and not refits:
        progress.print_line(f"  warning: {doubt(comparison)}")
    return made


def load(
    model: str | keras.Model,
    class_names: Sequence[str],
    refit_head: bool,
    custom_objects: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Network:
    """Load a user's network, with its own head if that fits the class names; arguments as of `make_teachable`.

    Raises:
      errors.UserError: If the network cannot be read, or its own head is needed and cannot be used.
    """
    with arguments.named(name="model"):
        start = classifiers.load_network(model, _SEED, custom_objects, dict(values or {}))
    outputs = 0 if start.kernel is None else start.kernel.shape[1]
    if outputs == len(class_names) and start.kernel is not None and start.bias is not None:
        own = classifier_lib.Classifier(start.backbone, start.kernel, start.bias, tuple(class_names))
        return Network(start.backbone, own)
    if not refit_head:
        raise _no_head(model, class_names, outputs, start.why_none)
    return Network(start.backbone, None)


def build(
    network: Network, knowledge: knowledge_lib.DomainKnowledge, images: np.ndarray, labels: np.ndarray, refit_head: bool
) -> tuple[Model, own_head.Comparison]:
    """Make the model, in one pass over the photographs, or two to fit a new head.

    Args:
      network: Result of `load`.
      knowledge: Domain vectors of its classes.
      images: Photographs, as of `make_teachable`.
      labels: Their classes `[N]` int64, each at least twice.
      refit_head: True to fit a new head.

    Returns:
      The model, and how the two heads compare.

    Raises:
      errors.UserError: If the network's outputs are in another order than the classes.
    """
    names = knowledge.class_names
    classifier = network.own
    if refit_head or classifier is None:
        classifier = classifiers.fit_classifier(network.backbone, images, labels, names)
    importances = steps.compute_importances(classifier, images, labels, _KEPT_IMAGES, _SEED)
    if network.own and not refit_head:
        own_head.require_order(network.own, importances.features, labels)
    comparison = own_head.compare(network.own, importances.features, labels, steps.SHRINKAGE)
    forward = steps.fit_map(knowledge.vectors, importances, relevance=RELEVANCE, blocks=knowledge.blocks)
    inverse = steps.fit_inverse_map(knowledge.vectors, importances)
    kept = labels[importance.choose_kept(len(labels), _KEPT_IMAGES, _SEED)]
    neurons: list[neurons_lib.Neuron] = []
    if len(np.unique(kept)) == len(names):
        means = importances.activations.mean((1, 2), dtype=np.float32)
        neurons = neurons_lib.name_all(inverse, knowledge.feature_names, knowledge.vectors, means, kept)
    made = models.make_model(classifier, knowledge, importances, forward, inverse, neurons)
    data = config_lib.DataConfig(dataset="folder", data_dir=_FOLDER)
    domain = config_lib.DomainConfig(domain="+".join(dict.fromkeys(one.domain for one in knowledge.slices)))
    return dataclasses.replace(made, config=dataclasses.replace(made.config, data=data, domain=domain)), comparison


def describe(comparison: own_head.Comparison, is_refitted: bool) -> str:
    """Describe in a sentence how the user's head and a new one compare."""
    refitted = f"{comparison.refitted:.1%} on left-out photographs"
    if comparison.own is None:
        return f"fitted to {comparison.images:,} photographs: balanced accuracy {refitted}"
    own = f"{comparison.own:.1%} of the {comparison.images:,} photographs, which may be ones it was trained on"
    if is_refitted:
        return f"fitted anew: balanced accuracy {refitted}; your own head {own}"
    return f"your own, unchanged: balanced accuracy {own}; a new one would have {refitted}"


def doubt(comparison: own_head.Comparison) -> str:
    """Word the doubt about a head that is far behind a new one."""
    return (
        f"the model's own head is right for {comparison.own:.0%} of the photographs, where a new one would be for "
        f"{comparison.refitted:.0%}. Check {errors.UserError(errors.setting('preprocessing'))} and the order of the "
        "classes."
    )


def _no_head(model: str | keras.Model, class_names: Sequence[str], outputs: int, why_none: str) -> errors.UserError:
    """Build the error for a network whose own head is not one of the described classes."""
    received = errors.setting("model", model) if isinstance(model, str) else classifiers.shown(model)
    remedy = f"Give {errors.setting('refit_head', True)} to fit a new head to the photographs"
    if not outputs:
        return errors.UserError(
            f"`{errors.setting('model')}` must be a classifier whose last layer can be taken as it is. Received: "
            f"{received}, which {why_none}. {remedy}."
        )
    return errors.UserError(
        f"`{errors.setting('model')}` must have one output for each described class, in their order. Received: "
        f"{received}, which has {outputs:,} outputs, and descriptions of {len(class_names):,} classes: "
        f"{errors.listed(class_names)}. Describe the class of each output. {remedy} if they are others."
    )


def _require_knowledge(
    knowledge: knowledge_lib.DomainKnowledge | None, texts: Mapping[str, Mapping[str, Sequence[str]]]
) -> knowledge_lib.DomainKnowledge:
    """Check and encode what the caller tells of the classes."""
    if knowledge is not None:
        if texts:
            raise errors.UserError(
                f"`knowledge` must be the only description. Received: knowledge with {errors.listed(texts)}. Leave out "
                "one of them."
            )
        remedy = "Give what `encode_attributes` or `encode_captions` returns."
        return arguments.require_instance("knowledge", knowledge, knowledge_lib.DomainKnowledge, remedy)
    if not texts:
        raise errors.UserError(
            "`captions`, `attributes`, `documents` or `knowledge` must describe the classes. Received: captions=None, "
            "and none of the others. Give {'zebra': ['...'], ...} as captions."
        )
    checked = {domain: _require_texts(domain, one) for domain, one in texts.items()}
    first, names = next((domain, tuple(one)) for domain, one in checked.items())
    for domain, one in checked.items():
        if set(one) != set(names):
            strange = errors.listed(sorted(set(one) ^ set(names)))
            raise errors.UserError(
                f"`{domain}` must be of the same classes as `{first}`. Received: only one of them describes {strange}. "
                "Describe every class in the same way."
            )
    return described.encode(checked, names, _SOURCE)


def _require_texts(domain: str, by_class: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(by_class, Mapping) or not by_class:
        rule = "be a dict of a list of texts for each class"
        raise arguments.wrong(domain, rule, by_class, "Give {'zebra': ['...'], ...}.")
    names = arguments.require_names(domain, list(by_class))
    texts = {name: arguments.require_texts(domain, one) for name, one in zip(names, by_class.values(), strict=True)}
    if empty := [name for name, own in texts.items() if not any(text.strip() for text in own)]:
        raise errors.UserError(
            f"`{domain}` must describe every class. Received: none of {errors.listed(empty)}. Describe each."
        )
    if len(names) < 2:  # maps are fitted to some classes, and scored on others
        raise arguments.wrong(domain, "describe two classes or more", list(names), "Describe every class.")
    return texts


def _require_photographs(images: Any, labels: Any, class_names: Sequence[str]) -> np.ndarray:
    """Check the photographs, and return their labels `[N]` int64."""
    count = len(arguments.require_images(images, least=1))
    numbers = arguments.require_labels("labels", labels, count, range(len(class_names)))
    counts = np.bincount(numbers, minlength=len(class_names))
    if few := [name for name, count in zip(class_names, counts, strict=True) if count < _LEAST]:
        raise errors.UserError(
            f"`labels` must have two photographs or more of each class. Received: one of {errors.listed(few)}. Add "
            "photographs; a few dozen of each are good."
        )
    return numbers
