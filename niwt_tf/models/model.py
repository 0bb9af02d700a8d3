# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The model that users work with: it predicts seen and unseen classes, explains predictions, and learns new classes."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from niwt_tf.domains import description as description_lib
from niwt_tf.domains import knowledge as knowledge_lib
from niwt_tf.explain import explained_model as explained_model_lib
from niwt_tf.explain import explainer, textual
from niwt_tf.explain import image_reasons as image_reasons_lib
from niwt_tf.method.calibration import seen_loss, typicality
from niwt_tf.models import confidence as confidence_lib
from niwt_tf.models import files, within_limit
from niwt_tf.models import state as state_lib
from niwt_tf.models import teach as teach_lib
from niwt_tf.util import arguments, center_crop, keras_settings, progress

_BATCH_SIZE = 128


@dataclasses.dataclass(frozen=True)
class Predictions:
    """Predicted scores of `N` images.

    Attributes:
      scores: `[N,C]` float32 logits; gamma is subtracted from those of the seen classes.
      class_names: Names of the `C` classes.
      model: Model that predicted them.
      features: `[N,D]` float32 features of the images.
      reject: Share of the known classes' images that is kept; None to keep every image.
    """

    scores: np.ndarray
    class_names: tuple[str, ...]
    model: Model = dataclasses.field(repr=False)
    features: np.ndarray = dataclasses.field(repr=False)
    reject: float | None = None

    @property
    def classes(self) -> tuple[str | None, ...]:
        """Name of the class with the highest score, for each image; None for an image that is rejected."""
        names = (self.class_names[index] for index in self.scores.argmax(1))
        return tuple(name if kept else None for name, kept in zip(names, self.accepted, strict=True))

    @property
    def probabilities(self) -> np.ndarray:
        """Probabilities `[N,C]` float32 of the classes, if an image shows one of them; see `temperature`."""
        return self.model.confidence.probabilities(self.scores)

    @functools.cached_property
    def typicality(self) -> np.ndarray:
        """Share `[N]` float32 of the predicted class's own images that are less typical of it; see `typicality`.

        Raises:
          errors.UserError: If the model has too few training images to tell.
        """
        self.model.confidence.require_estimated()
        return self.model.confidence.typicality(self.features, self.scores.argmax(1))

    @property
    def accepted(self) -> np.ndarray:
        """True `[N]` for images that are not rejected."""
        if self.reject is None:
            return np.ones(len(self.scores), bool)
        return typicality.is_accepted(self.typicality, self.reject)


@keras_settings.guard_methods
@dataclasses.dataclass(frozen=True)
class Model(state_lib.ModelState):
    """A classifier of seen and unseen classes that predicts, explains and learns new classes. It is immutable.

    Its attributes are those of `state.ModelState`.
    """

    def predict(self, images: np.ndarray, batch_size: int = _BATCH_SIZE, reject: float | None = None) -> Predictions:
        """Predict class scores for a batch of images.

        Args:
          images: `[N,H,W,3]` uint8 images, RGB, of any size; only their middle squares are used.
          batch_size: Number of images at a time, at least 1.
          reject: Share of the known classes' images to keep, such as 0.95; an image that is less typical of its class
            gets None in place of a class. By default every image gets a class.

        Raises:
          errors.UserError: If the images have another shape or type, `batch_size` or `reject` is not valid, or the
            model has too few training images to tell what is typical.
        """
        images = arguments.require_images(images)
        batch_size = arguments.require_whole("batch_size", batch_size, 1)
        if reject is not None:
            with arguments.named():
                reject = typicality.require_share(reject)
                self.confidence.require_estimated()
        starts = range(0, len(images), batch_size)
        results = [self._scores(tf.constant(images[start : start + batch_size])) for start in starts]
        sizes = len(self.class_names), len(self.classifier.kernel)
        parts = zip(*results, strict=True) if results else ((), ())
        scores, features = (
            np.concatenate([np.zeros((0, size), np.float32), *map(np.asarray, part)])
            for size, part in zip(sizes, parts, strict=True)
        )
        return Predictions(scores, self.class_names, self, features, reject)

    def explain(self, images: np.ndarray, class_name: str = "") -> explainer.Explanations:
        """Explain a class on each image: neuron importances and a Grad-CAM map; `reasons` puts them into words.

        Args:
          images: `[N,H,W,3]` uint8 images, RGB, of any size.
          class_name: Class to explain; the predicted class of each image by default.

        Raises:
          errors.UserError: If the images have another shape or type, or there is no such class.
        """
        images = arguments.require_images(images)
        name = arguments.require_text("class_name", class_name, may_be_empty=True)
        index = textual.class_index(name, self.class_names, "class_name") if name else None
        return self._explainer.crop_and_explain(images, index)

    @arguments.accepts_old_names(told="explanations")
    def reasons(
        self, explanations: explainer.Explanations, count: int = textual.COUNT
    ) -> list[tuple[textual.Reason, ...]]:
        """List the features that support the explained class on each image, the strongest first.

        Args:
          explanations: Result of `explain`.
          count: Largest number of reasons for an image, at least 1.

        Raises:
          errors.UserError: If `explanations` is something else, or is from another network.
        """
        self._require_own("explanations", explanations)
        arguments.require_whole("count", count, 1)
        return textual.reasons(self.inverse, explanations.importances, self.knowledge.feature_names, count)

    def image_reasons(
        self,
        explanations: explainer.Explanations,
        count: int = textual.COUNT,
        rather_than: explainer.Explanations | None = None,
    ) -> list[image_reasons_lib.ImageReasons]:
        """List what speaks for and against the explained class in each image, the strongest first.

        Args:
          explanations: Result of `explain`.
          count: Largest number of reasons of either kind, at least 1.
          rather_than: Result of `explain` for another class on the same images, to list what speaks for and against the
            one class rather than the other.

        Raises:
          errors.UserError: If explanations are something else, from another network, or of other images.
        """
        self._require_own("explanations", explanations)
        arguments.require_whole("count", count, 1)
        if rather_than is None:
            return self._explained_model.image_reasons(explanations, count)
        self._require_own("rather_than", rather_than, len(explanations.features))
        return self._explained_model.image_contrasts(explanations, rather_than, count)

    def _require_own(self, argument: str, explanations: explainer.Explanations, images: int | None = None) -> None:
        """Check that explanations are of this model's network, and of a number of images if one is given."""
        arguments.require_instance(argument, explanations, explainer.Explanations, "Give the result of `explain`.")
        sizes = {"importances": (self.inverse.neurons, "neuron"), "features": (len(self.classifier.kernel), "feature")}
        for name, (columns, of_column) in sizes.items():
            values = getattr(explanations, name)
            arguments.require_matrix(
                f"{argument}.{name}", values, rows=images, columns=columns, of_row="image", of_column=of_column, least=0
            )

    def teach(
        self,
        name: str,
        captions: Sequence[str] = (),
        attributes: Sequence[str] = (),
        documents: Sequence[str] = (),
        images: np.ndarray | None = None,
        max_seen_loss: float | None = seen_loss.DEFAULT,
        improve: bool = False,
    ) -> Model:
        """Add a class by its description, by photographs, or by both, and return the new model; this one is unchanged.

        What to expect is in the new model's `limited.expected`; a warning is printed if the descriptions do not tell
        enough of the classes.

        Args:
          name: Name of the new class.
          captions: Sentences that describe how the class looks.
          attributes: Attributes of the class, such as `stripes`, `crown color: red` or `furry:80%`; see
            `domains.parse_attributes`.
          documents: Longer texts about the class.
          images: `[P,H,W,3]` uint8 photographs of the class, RGB, of any size; a few are enough.
          max_seen_loss: Share of the balanced accuracy on seen classes that all classes taught this way may cost
            together, from 0 to 0.5. With None, gamma follows from validation, and the seen classes may lose more.
          improve: True to teach a class once more that was learned without images, with `images` beside those that the
            model has already.

        Raises:
          errors.UserError: If the name is taken, or the model understands nothing of the description.
        """
        description = description_lib.Description(
            name=arguments.require_text("name", name),
            attributes=arguments.require_texts("attributes", attributes),
            captions=arguments.require_texts("captions", captions),
            documents=arguments.require_texts("documents", documents),
        )
        improve = arguments.require_flag("improve", improve)
        with arguments.named(document_file="documents", images_of_class="images"):
            features = self._features(arguments.require_images(images)) if images is not None else None
            if improve:
                none = np.zeros((0, len(self.classifier.kernel)), np.float32)
                result = teach_lib.improve(self, description, none if features is None else features, max_seen_loss)
            else:
                photographs = {} if features is None else {description.name: features}
                result = teach_lib.teach(self, [description], max_seen_loss, photographs)
        if not within_limit.carries_over(result.model.limited.expected):
            progress.print_line(f"  warning: {within_limit.doubt(result.model.limited.expected)}")
        return result.model

    def forget(self, name: str) -> Model:
        """Remove a class that was learned from a description, and return the new model; this one does not change.

        Raises:
          errors.UserError: If there is no such class, or it was learned from images.
        """
        arguments.require_text("name", name)
        with arguments.named(forget="name"):
            return teach_lib.forget(self, [name])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model as a `.keras` bundle, completely or not at all.

        Args:
          path: Path of a new file that ends in `.keras`.

        Raises:
          errors.UserError: If something exists at `path`, or it does not end in `.keras`.
          OSError: If the file cannot be written.
        """
        with arguments.named(out="path"):
            files.save(self, arguments.require_path("path", path))

    @property
    def known(self) -> knowledge_lib.DomainKnowledge:
        """The older name of `knowledge`."""
        return self.knowledge

    def _features(self, images: np.ndarray) -> np.ndarray:
        """Compute features `[N,D]` float32 of images, of which only their middle squares are used."""
        network = self.classifier.backbone.network
        starts = range(0, len(images), _BATCH_SIZE)
        fitted = [center_crop.fit(tf.constant(images[one : one + _BATCH_SIZE]), self.image_size) for one in starts]
        none = np.zeros((0, network.output_shape[-1]), np.float32)
        return np.concatenate([none, *(network(batch, training=False).numpy() for batch in fitted)])

    @functools.cached_property
    def confidence(self) -> confidence_lib.Confidence:
        """What tells how far predictions can be trusted: estimated on training images when it is first needed."""
        return confidence_lib.of(self)

    @functools.cached_property
    def _explained_model(self) -> explained_model_lib.ExplainedModel:
        return self.explained_model

    @functools.cached_property
    def _explainer(self) -> explainer.Explainer:
        return explainer.Explainer(self.classifier, self.gamma)

    @functools.cached_property
    def _scores(self) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
        return state_lib.compile_scores(self)


def load(path: str | os.PathLike[str], safe_mode: bool = True) -> Model:
    """Load a model from a run's folder or from a bundle; see `files.load` for arguments and errors."""
    state = files.load(path, safe_mode)
    return Model(**{field.name: getattr(state, field.name) for field in dataclasses.fields(state)})
