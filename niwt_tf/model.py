# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A model to use: a classifier of seen and unseen classes, what tells of its decisions, and what teaches it more."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from niwt_tf import arguments, domain_map, inverse_map, keras_settings, rehearsal
from niwt_tf import config as config_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import squares
from niwt_tf.domains import description, knowledge
from niwt_tf.explain import explainer, textual
from niwt_tf.explain import subject as subject_lib

_BATCH_SIZE = 128


@dataclasses.dataclass(frozen=True)
class Predictions:
    """What a model decides of `N` images.

    Attributes:
      scores: `[N,C]` float32: logits, gamma taken off those of the seen classes.
      class_names: the `C` names.
    """

    scores: np.ndarray
    class_names: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """Of each image the name of the class with the highest score."""
        return tuple(self.class_names[index] for index in self.scores.argmax(1))


@keras_settings.guard_methods
@dataclasses.dataclass(frozen=True)
class Model:
    """A classifier of seen and unseen classes, with what new classes are taught by. Nothing changes it.

    Attributes:
      classifier: of all classes, the seen ones first.
      gamma: what is taken off the seen classes' logits.
      known: the domain vectors of all classes, in that order.
      forward: the map from domain vectors to importances.
      inverse: the map back.
      settings: what the rehearsal chose.
      activations: of training images, or of what `--transfer_source` names, `[n,H,W,K]` float16, on which descent
        finds new weights.
      features: of all training images, `[N,D]` float32, on which they are calibrated.
      neuron_names: of the `K` neurons; None for those without a clear one.
      config: the settings of the run that made it.
      metrics: the scores of that run, and what they rest on; empty where it was not evaluated.
      taught: the descriptions of classes that were added since.
      operator: what turns importances into new weights, `[D,K]`; None where descent finds them.
    """

    classifier: classifier_lib.Classifier
    gamma: float
    known: knowledge.DomainKnowledge
    forward: domain_map.DomainMap
    inverse: inverse_map.InverseMap
    settings: rehearsal.Settings
    activations: np.ndarray
    features: np.ndarray
    neuron_names: tuple[str | None, ...]
    config: config_lib.RunConfig
    metrics: dict[str, Any]
    taught: tuple[description.Description, ...] = ()
    operator: np.ndarray | None = None

    @property
    def class_names(self) -> tuple[str, ...]:
        """Of all classes, the seen ones first."""
        return self.classifier.class_names

    @property
    def seen(self) -> tuple[str, ...]:
        """The classes that the network was trained on."""
        return self.classifier.seen

    @property
    def image_size(self) -> int:
        """The side of the images that the network takes, in pixels; others are fitted to it."""
        return self.classifier.backbone.image_size

    @property
    def subject(self) -> subject_lib.Subject:
        """What explanations follow from."""
        return subject_lib.Subject(self.classifier, self.gamma, self.inverse, self.known)

    def predict(self, images: np.ndarray, batch_size: int = _BATCH_SIZE) -> Predictions:
        """Decides of images.

        Args:
          images: `[N,H,W,3]` uint8, RGB, of any size; their middle squares count.
          batch_size: images at a time, at least 1.

        Raises:
          errors.UserError: if the images are of another kind, or it is no such number.
        """
        images = arguments.require_images(images)
        batch_size = arguments.require_whole("batch_size", batch_size, 1)
        starts = range(0, len(images), batch_size)
        scores = [self._scores(tf.constant(images[start : start + batch_size])).numpy() for start in starts]
        return Predictions(
            np.concatenate([np.zeros((0, len(self.class_names)), np.float32), *scores]), self.class_names
        )

    def explain(self, images: np.ndarray, class_name: str = "") -> explainer.Explanations:
        """Tells what a class rests on in images; `reasons` puts it into words.

        Args:
          images: `[N,H,W,3]` uint8, RGB, of any size.
          class_name: the class to explain; of each image the predicted one by default.

        Raises:
          errors.UserError: if the images are of another kind, or there is no such class.
        """
        images = arguments.require_images(images)
        name = arguments.require_text("class_name", class_name, may_be_empty=True)
        index = textual.class_index(name, self.class_names, "class_name") if name else None
        return self._explainer.of_any_size(images, index)

    def reasons(self, told: explainer.Explanations, count: int = textual.COUNT) -> list[tuple[textual.Reason, ...]]:
        """Returns for each explained image the features that speak for its class, the strongest first.

        Args:
          told: of `explain`.
          count: most reasons, at least 1.

        Raises:
          errors.UserError: if these are no explanations, or of another network.
        """
        arguments.require_instance("told", told, explainer.Explanations, "Give what `explain` returns.")
        arguments.require_matrix(
            "told.importances", told.importances, columns=self.inverse.neurons, of_column="neuron", least=0
        )
        arguments.require_whole("count", count, 1)
        return textual.reasons(self.inverse, told.importances, self.known.feature_names, count)

    def teach(
        self,
        name: str,
        captions: Sequence[str] = (),
        attributes: Sequence[str] = (),
        documents: Sequence[str] = (),
    ) -> Model:
        """Returns a model that knows one more class, from its description alone; this one stays as it is.

        Args:
          name: of the new class.
          captions: sentences on how it looks.
          attributes: what it has, such as `stripes`, `crown color: red` or `furry:80%`; see `domains.attribute_list`.
          documents: longer texts on it.

        Raises:
          errors.UserError: if the name is taken, or the description says nothing that the model understands.
        """
        from niwt_tf import teach  # which takes models

        told = description.Description(
            name=arguments.require_text("name", name),
            attributes=arguments.require_texts("attributes", attributes),
            captions=arguments.require_texts("captions", captions),
            documents=arguments.require_texts("documents", documents),
        )
        with arguments.named(document_file="documents"):
            return teach.teach(self, [told]).model

    def forget(self, name: str) -> Model:
        """Returns a model without a class that was taught by words.

        Raises:
          errors.UserError: if there is no such class, or it was learned from images.
        """
        from niwt_tf import teach

        arguments.require_text("name", name)
        with arguments.named(forget="name"):
            return teach.forget(self, [name])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a `.keras` bundle; see `model_files.save`.

        Raises:
          errors.UserError: if something lies at `path`, or it does not end in `.keras`.
          OSError: if it cannot be written.
        """
        from niwt_tf import model_files

        with arguments.named(out="path"):
            model_files.save(self, arguments.require_path("path", path))

    @functools.cached_property
    def _explainer(self) -> explainer.Explainer:
        return explainer.Explainer(self.classifier, self.gamma)

    @functools.cached_property
    def _scores(self) -> Callable[[tf.Tensor], tf.Tensor]:
        return scores(self)


def scores(model: Model) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns a compiled function from images `[N,H,W,3]` uint8 to scores `[N,C]` float32."""
    kernel, bias = tf.constant(model.classifier.kernel), tf.constant(calibrated_bias(model))

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8, name="images")])
    def of_images(images: tf.Tensor) -> tf.Tensor:
        return scores_of(model, squares.fit(images, model.image_size), kernel, bias)

    return of_images


def scores_of(model: Model, images: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """Returns scores `[N,C]` float32, within a graph.

    Args:
      model: whose network is run.
      images: `[N,S,S,3]` uint8, RGB.
      kernel: that of its classifier, `[D,C]`; a tensor, or a variable.
      bias: its `calibrated_bias`; a tensor, or a variable.
    """
    features = model.classifier.backbone.network(images, training=False)
    return tf.cast(features, tf.float32) @ kernel + bias


def calibrated_bias(model: Model) -> np.ndarray:
    """Returns the bias `[C]` float32, gamma taken off the seen classes' own."""
    return model.classifier.calibrated_bias(model.gamma)
