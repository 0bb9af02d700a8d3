# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A model to use: a classifier of seen and unseen classes, what tells of its decisions, and what teaches it more."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from niwt_tf.domains import description
from niwt_tf.explain import explainer, textual
from niwt_tf.models import files
from niwt_tf.models import state as state_lib
from niwt_tf.models import teach as teach_lib
from niwt_tf.util import arguments, keras_settings

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
class Model(state_lib.ModelState):
    """A classifier of seen and unseen classes that predicts, explains, and learns new classes. Nothing changes it."""

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
        told = description.Description(
            name=arguments.require_text("name", name),
            attributes=arguments.require_texts("attributes", attributes),
            captions=arguments.require_texts("captions", captions),
            documents=arguments.require_texts("documents", documents),
        )
        with arguments.named(document_file="documents"):
            return teach_lib.teach(self, [told]).model

    def forget(self, name: str) -> Model:
        """Returns a model without a class that was taught by words.

        Raises:
          errors.UserError: if there is no such class, or it was learned from images.
        """
        arguments.require_text("name", name)
        with arguments.named(forget="name"):
            return teach_lib.forget(self, [name])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a `.keras` bundle; see `files.save`.

        Raises:
          errors.UserError: if something lies at `path`, or it does not end in `.keras`.
          OSError: if it cannot be written.
        """
        with arguments.named(out="path"):
            files.save(self, arguments.require_path("path", path))

    @functools.cached_property
    def _explainer(self) -> explainer.Explainer:
        return explainer.Explainer(self.classifier, self.gamma)

    @functools.cached_property
    def _scores(self) -> Callable[[tf.Tensor], tf.Tensor]:
        return state_lib.scores(self)


def load(path: str | os.PathLike[str], safe_mode: bool = True) -> Model:
    """Read a model from a run's folder, or from a bundle; see `files.load`.

    Raises:
      errors.UserError: if there is none, it is not finished, or damaged, or of a later format.
    """
    state = files.load(path, safe_mode)
    return Model(**{field.name: getattr(state, field.name) for field in dataclasses.fields(state)})
