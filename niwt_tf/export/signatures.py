# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Define the signatures of an exported model: graph functions that compute the same as the live model."""

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
# Descriptions of the tensors for the card, by name.
INPUTS = {
    "images": "RGB images of any size; only their middle squares are used",
    "image_bytes": "contents of JPEG or PNG files, each of any size",
    "class_name": "name of the class to explain, as in `class_names`: one for each image or one for all; empty for the "
    "predicted class",
}
OUTPUTS = {
    "scores": "logits, with gamma subtracted from those of seen classes; the highest is predicted",
    "class_names": "names of the classes, in the order of the scores",
    "seen": "true for classes that were learned from images",
    "prediction": "name of the class with the highest score",
    "prediction_seen": "true if the predicted class was learned from images",
    "class_name": "name of the explained class",
    "features": "features that support the class, the strongest first; empty names fill the row",
    "contributions": "for each of these features, how far it is predicted above its mean over the seen classes",
    "map": "Grad-CAM of the class against the mean of all classes, at least 0",
    "importances": "how much each neuron of the layer moves the logit of the class",
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
        self._parts = reasons.parts(model.knowledge.feature_names)

    def all(self) -> dict[str, Signature]:
        """Define all signatures of a SavedModel, by name."""
        images, class_name = _spec("images", None, None, None, 3), _spec("class_name", None)
        files = _spec("image_bytes", None)
        features = "Explain a class on each image: features that support it, and a Grad-CAM map."
        neurons = "Compute how much each neuron moves the logit of a class."
        return {
            "serving_default": Signature(self.predict_images, (images,), "Predict the classes of images."),
            "from_bytes": Signature(self.predict_files, (files,), "Predict the classes of image files."),
            "explain": Signature(self.explain, (images, class_name), features),
            "importances": Signature(self.importances, (images, class_name), neurons),
        }

    def predict_images(self, images: tf.Tensor) -> Outputs:
        """Predict scores and classes for images `[N,H,W,3]` uint8."""
        return self._predictions(center_crop.fit(images, self._model.image_size))

    def predict_files(self, image_bytes: tf.Tensor) -> Outputs:
        """Predict scores and classes for encoded images `[N]`."""
        size = self._model.image_size
        fitted = tf.TensorSpec((size, size, 3), tf.uint8)
        images = tf.map_fn(
            lambda one: center_crop.fit(_decode(one)[None], size)[0], image_bytes, fn_output_signature=fitted
        )
        return self._predictions(images)

    def explain(self, images: tf.Tensor, class_name: tf.Tensor) -> Outputs:
        """Explain classes, names `[N]` or `[1]`, on images `[N,H,W,3]` uint8: strongest features and Grad-CAM maps."""
        explained = self._explain(images, class_name)
        scores = self._model.inverse.scores(explained.importances)
        features, contributions = reasons.strongest(scores, self._model.knowledge.feature_names, self._parts)
        return {
            "class_name": self._class_names(explained.classes),
            "features": features,
            "contributions": contributions,
            "map": explained.maps,
        }

    def importances(self, images: tf.Tensor, class_name: tf.Tensor) -> Outputs:
        """Compute importances `[N,K]` of the neurons for classes, names `[N]` or `[1]`, on images `[N,H,W,3]` uint8."""
        explained = self._explain(images, class_name)
        return {"class_name": self._class_names(explained.classes), "importances": explained.importances}

    def scores(self, images: tf.Tensor) -> Outputs:
        """Predict only the scores, for images `[N,S,S,3]` uint8."""
        return {"scores": state.compute_scores(self._model, images, self._kernel, self._bias)}

    def predict(self, count: int | None = None) -> Signature:
        """Build the predictor for clients: from images of any size to scores, with operations that converters know.

        Args:
          count: Number of images at a time; None for any.
        """

        def predict(images: tf.Tensor) -> Outputs:
            return self.scores(resize.fit(images, self._model.image_size, count))

        return Signature(predict, (_spec("images", count, None, None, 3),), "Predict the scores of images.")

    def _predictions(self, images: tf.Tensor) -> Outputs:
        count = tf.shape(images)[0]
        padding = tf.cast(count == 0, tf.int32)  # oneDNN's convolutions fail without an image on some processors
        padded = tf.pad(images, [[0, padding], [0, 0], [0, 0], [0, 0]])
        scores = self.scores(tf.ensure_shape(padded, (None, *images.shape[1:])))["scores"][:count]
        best = tf.argmax(scores, axis=1)
        return {
            "scores": scores,
            "class_names": tf.broadcast_to(tf.constant(self._model.class_names), tf.shape(scores)),
            "seen": tf.broadcast_to(tf.constant(self._seen), tf.shape(scores)),
            "prediction": self._class_names(best),
            "prediction_seen": tf.gather(tf.constant(self._seen), best),
        }

    def _explain(self, images: tf.Tensor, class_name: tf.Tensor) -> explainer.ExplainedBatch:
        fitted = center_crop.fit(images, self._model.image_size)
        backbone, classes = self._model.classifier.backbone, self._class_indices(class_name)
        return explainer.explain_batch(backbone, self._kernel, self._bias, fitted, classes)

    def _class_indices(self, class_name: tf.Tensor) -> tf.Tensor:
        """Look up the indices `[N]` int64 of classes by their names; `explainer.PREDICTED` for an empty name.

        The graph raises an error for a name that no class has.
        """
        is_class, is_empty = class_name[:, None] == tf.constant(self._model.class_names), class_name == ""
        is_valid = tf.reduce_any(is_class, axis=1) | is_empty
        unknown = tf.strings.reduce_join(tf.boolean_mask(class_name, ~is_valid), separator=", ")
        rule = "`class_name` must be one of the `class_names` that serving_default returns, or empty. Received: "
        check = tf.debugging.Assert(tf.reduce_all(is_valid), [tf.strings.join([rule, unknown])])
        with tf.control_dependencies([check]):
            return tf.where(is_empty, tf.constant(explainer.PREDICTED, tf.int64), _first(is_class))

    def _class_names(self, classes: tf.Tensor) -> tf.Tensor:
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
