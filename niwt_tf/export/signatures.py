# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Define the signatures of an exported model: functions of a graph that compute the same as the live model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from niwt_tf.explain import explainer
from niwt_tf.export import reasons, resize
from niwt_tf.models import model as model_lib
from niwt_tf.models import state
from niwt_tf.util import center_crop

Outputs = dict[str, tf.Tensor]
# What they are, by their names.
INPUTS = {
    "images": "RGB, of any size: the middle square counts",
    "image_bytes": "JPEG or PNG files as they are, each of any size",
    "class_name": "the class to explain, as `class_names` spell it, one for each image or one for all; empty for the "
    "predicted one",
}
OUTPUTS = {
    "scores": "logits, gamma taken off those of classes learned from images: the highest one decides",
    "class_names": "the classes that the scores are of",
    "seen": "whether the class was learned from images",
    "prediction": "the class with the highest score",
    "prediction_seen": "whether that class was learned from images",
    "class_name": "the class that is explained",
    "features": "what speaks for the class, the strongest first; empty where there is less",
    "contributions": "how far the image tells each feature above its mean over the classes learned from images",
    "map": "Grad-CAM of the class against the mean of all: where it is seen, at least 0",
    "importances": "how much each neuron of the layer moves the class's logit",
}


@dataclasses.dataclass(frozen=True)
class Signature:
    """A function of an exported model.

    Attributes:
      call: Function from tensors to tensors by name.
      inputs: Specifications of the input tensors.
      purpose: Sentence on the use of the function, for the card.
    """

    call: Callable[..., Outputs]
    inputs: tuple[tf.TensorSpec, ...]
    purpose: str


class Signatures:
    """The functions of an exported model, over variables that they share."""

    def __init__(self, model: model_lib.Model) -> None:
        """Create the variables and constants that the functions need from a model."""
        self._model = model
        self._kernel = tf.Variable(model.classifier.kernel, trainable=False, name="kernel")
        self._bias = tf.Variable(state.calibrated_bias(model), trainable=False, name="bias")
        self._seen = [name in model.seen for name in model.class_names]
        self._parts = reasons.parts(model.known.feature_names)

    def all(self) -> dict[str, Signature]:
        """Define all signatures of a SavedModel, by name."""
        images, of_class = _spec("images", None, None, None, 3), _spec("class_name", None)
        return {
            "serving_default": Signature(self.decide, (images,), "Decides of images."),
            "from_bytes": Signature(self.decide_of_files, (_spec("image_bytes", None),), "Decides of image files."),
            "explain": Signature(self.explain, (images, of_class), "Tells what a class rests on, and where."),
            "importances": Signature(self.importances, (images, of_class), "Tells what each neuron does for a class."),
        }

    def decide(self, images: tf.Tensor) -> Outputs:
        """Predict scores and classes for images `[N,H,W,3]` uint8."""
        return self._decisions(center_crop.fit(images, self._model.image_size))

    def decide_of_files(self, image_bytes: tf.Tensor) -> Outputs:
        """Predict scores and classes for encoded images `[N]`."""
        size = self._model.image_size
        fitted = tf.TensorSpec((size, size, 3), tf.uint8)
        images = tf.map_fn(
            lambda one: center_crop.fit(_decode(one)[None], size)[0], image_bytes, fn_output_signature=fitted
        )
        return self._decisions(images)

    def explain(self, images: tf.Tensor, class_name: tf.Tensor) -> Outputs:
        """Explain classes, names `[N]` or `[1]`, on images `[N,H,W,3]` uint8: strongest features and Grad-CAM maps."""
        told = self._explained(images, class_name)
        scores = self._model.inverse.scores(told.importances)
        features, contributions = reasons.strongest(scores, self._model.known.feature_names, self._parts)
        return {
            "class_name": self._names_of(told.classes),
            "features": features,
            "contributions": contributions,
            "map": told.maps,
        }

    def importances(self, images: tf.Tensor, class_name: tf.Tensor) -> Outputs:
        """Compute importances `[N,K]` of the neurons for classes, names `[N]` or `[1]`, on images `[N,H,W,3]` uint8."""
        told = self._explained(images, class_name)
        return {"class_name": self._names_of(told.classes), "importances": told.importances}

    def scores(self, images: tf.Tensor) -> Outputs:
        """Predict only the scores, for images `[N,S,S,3]` uint8."""
        return {"scores": state.scores_of(self._model, images, self._kernel, self._bias)}

    def predict(self, count: int | None = None) -> Signature:
        """Build the predictor for clients: from images of any size to scores, with operations that converters know.

        Args:
          count: Number of images at a time; None for any.
        """

        def predict(images: tf.Tensor) -> Outputs:
            return self.scores(resize.fit(images, self._model.image_size, count))

        return Signature(predict, (_spec("images", count, None, None, 3),), "Predicts the scores of images.")

    def _decisions(self, images: tf.Tensor) -> Outputs:
        count = tf.shape(images)[0]
        none = tf.cast(count == 0, tf.int32)  # for which oneDNN's convolutions fail on some processors
        padded = tf.pad(images, [[0, none], [0, 0], [0, 0], [0, 0]])
        scores = self.scores(tf.ensure_shape(padded, (None, *images.shape[1:])))["scores"][:count]
        best = tf.argmax(scores, axis=1)
        return {
            "scores": scores,
            "class_names": tf.broadcast_to(tf.constant(self._model.class_names), tf.shape(scores)),
            "seen": tf.broadcast_to(tf.constant(self._seen), tf.shape(scores)),
            "prediction": self._names_of(best),
            "prediction_seen": tf.gather(tf.constant(self._seen), best),
        }

    def _explained(self, images: tf.Tensor, class_name: tf.Tensor) -> explainer.ExplainedBatch:
        fitted = center_crop.fit(images, self._model.image_size)
        backbone, asked = self._model.classifier.backbone, self._asked(class_name)
        return explainer.explain_batch(backbone, self._kernel, self._bias, fitted, asked)

    def _asked(self, class_name: tf.Tensor) -> tf.Tensor:
        """Look up the indices `[N]` int64 of classes by their names; `explainer.PREDICTED` for an empty name.

        The graph raises an error for a name that no class has.
        """
        is_class, is_empty = class_name[:, None] == tf.constant(self._model.class_names), class_name == ""
        known = tf.reduce_any(is_class, axis=1) | is_empty
        unknown = tf.strings.reduce_join(tf.boolean_mask(class_name, ~known), separator=", ")
        rule = "`class_name` must be one of the `class_names` that serving_default gives, or empty. Received: "
        check = tf.debugging.Assert(tf.reduce_all(known), [tf.strings.join([rule, unknown])])
        with tf.control_dependencies([check]):
            return tf.where(is_empty, tf.constant(explainer.PREDICTED, tf.int64), _first(is_class))

    def _names_of(self, classes: tf.Tensor) -> tf.Tensor:
        return tf.gather(tf.constant(self._model.class_names), classes)


def _spec(name: str, *shape: int | None) -> tf.TensorSpec:
    return tf.TensorSpec(shape, tf.uint8 if len(shape) > 1 else tf.string, name=name)


def _decode(data: tf.Tensor) -> tf.Tensor:
    """Decode an image file as `[H,W,3]` uint8; a JPEG is decoded as Pillow does it."""
    return tf.cond(
        tf.io.is_jpeg(data),
        lambda: tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE"),
        lambda: tf.ensure_shape(tf.io.decode_image(data, channels=3, expand_animations=False), (None, None, 3)),
    )


def _first(true: tf.Tensor) -> tf.Tensor:
    """Compute the index of the first true value in each row of `[N,C]` bool, `[N]` int64."""
    return tf.argmax(tf.cast(true, tf.int32), axis=1)
