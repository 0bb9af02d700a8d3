# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Define the signatures of an exported model: graph functions that compute the same as the live model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from niwt_tf.explain import explainer
from niwt_tf.export import reasons, resize, served_classes
from niwt_tf.method import contributions, importance
from niwt_tf.models import gate, state
from niwt_tf.models import model as model_lib
from niwt_tf.util import center_crop

Outputs = dict[str, tf.Tensor]
Head = Callable[[tf.Tensor], tf.Tensor]  # from activations to features
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
    "probabilities": "probabilities of the classes, if an image shows one of them",
    "prediction": "name of the class with the highest score",
    "accepted": "false for images that show none of the classes, probably; see the card",
    "prediction_seen": "true if the predicted class was learned from images",
    "class_name": "name of the explained class",
    "features": "features that support the class, the strongest first; empty names fill the row",
    "contributions": "for each of these features, how far it is predicted above its mean over the seen classes",
    "image_features": "features that support the class in this image: both have them, the strongest first",
    "image_contributions": "for each of these features, how far the class has it times how far the image shows it",
    "opposing_features": "features that oppose the class in this image; `no ` stands before one that the image lacks",
    "opposing_contributions": "for each of these features, the same product, which is negative",
    "neuron_contributions": "how much each neuron adds to the logit of the class in this image, from activations of 0",
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

    def __init__(self, model: model_lib.Model, served: served_classes.ServedClasses) -> None:
        """Take the network and the explanations from a model, and its classes from `served`, at each call."""
        self._model = model
        self._backbone = gate.remove(model.classifier).backbone
        self._served = served
        self._parts = reasons.parts(model.knowledge.feature_names)
        shown = model.explained_model.shown
        self._shown = tf.Variable(shown.kernel, trainable=False, name="shown_features"), tf.constant(shown.bias)

    def all(self) -> dict[str, Signature]:
        """Define all signatures of a SavedModel, by name."""
        images, class_name = _spec("images", None, None, None, 3), _spec("class_name", None)
        files = _spec("image_bytes", None)
        features = "Explain a class on each image: features that support it, and a Grad-CAM map."
        neurons = "Compute how much each neuron moves the logit of a class."
        parts = "Compute how much each neuron contributes to the logit of a class in each image."
        return {
            "serving_default": Signature(self.predict_images, (images,), "Predict the classes of images."),
            "from_bytes": Signature(self.predict_files, (files,), "Predict the classes of image files."),
            "explain": Signature(self.explain, (images, class_name), features),
            "importances": Signature(self.importances, (images, class_name), neurons),
            "contributions": Signature(self.contributions, (images, class_name), parts),
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
        classes = self._served.read()
        _, _, explained = self._explain(classes, images, class_name)
        scores = self._model.inverse.scores(explained.importances)
        kernel, bias = self._shown
        shown = explained.features[:, : kernel.shape[0]] @ kernel + bias
        products, names = scores * shown, (self._model.knowledge.feature_names, self._parts)
        features, values = reasons.strongest(scores, *names)
        supporting, support = reasons.strongest(tf.where(shown > 0, products, 0.0), *names)
        opposing, opposition = reasons.opposing(products, shown, *names)
        return {
            "class_name": tf.gather(classes.names, explained.classes),
            "features": features,
            "contributions": values,
            "image_features": supporting,
            "image_contributions": support,
            "opposing_features": opposing,
            "opposing_contributions": opposition,
            "map": explained.maps,
        }

    def importances(self, images: tf.Tensor, class_name: tf.Tensor) -> Outputs:
        """Compute importances `[N,K]` of the neurons for classes, names `[N]` or `[1]`, on images `[N,H,W,3]` uint8."""
        classes = self._served.read()
        _, _, explained = self._explain(classes, images, class_name)
        return {"class_name": tf.gather(classes.names, explained.classes), "importances": explained.importances}

    def contributions(self, images: tf.Tensor, class_name: tf.Tensor) -> Outputs:
        """Compute contributions `[N,K]` of neurons to classes, names `[N]` or `[1]`, on images `[N,H,W,3]` uint8."""
        classes = self._served.read()
        activations, head, explained = self._explain(classes, images, class_name)
        # Integrated behind any head: a table that is taken in later may bring a gate, which is not affine.
        values = contributions.integrate(head, activations, tf.gather(tf.transpose(classes.kernel), explained.classes))
        return {"class_name": tf.gather(classes.names, explained.classes), "neuron_contributions": values}

    def _predictions(self, images: tf.Tensor) -> Outputs:
        classes, count = self._served.read(), tf.shape(images)[0]
        padding = tf.cast(count == 0, tf.int32)  # oneDNN's convolutions fail without an image on some processors
        padded = tf.ensure_shape(tf.pad(images, [[0, padding], [0, 0], [0, 0], [0, 0]]), (None, *images.shape[1:]))
        features = self._backbone.network(padded, training=False)[:count]
        scores = classes.scores(features)
        best = tf.argmax(scores, axis=1)
        return {
            "scores": scores,
            "probabilities": tf.nn.softmax(scores / classes.temperature),
            "class_names": tf.broadcast_to(classes.names, tf.shape(scores)),
            "seen": tf.broadcast_to(classes.seen, tf.shape(scores)),
            "prediction": tf.gather(classes.names, best),
            "prediction_seen": tf.gather(classes.seen, best),
            "accepted": classes.accepted(features, best),
        }

    def _explain(
        self, classes: served_classes.Classes, images: tf.Tensor, class_name: tf.Tensor
    ) -> tuple[tf.Tensor, Head, explainer.ExplainedBatch]:
        """Explain classes on images; return the activations and the completed head, too."""
        inner = importance.inference(self._backbone.head)
        activations = self._backbone.trunk(center_crop.fit(images, self._model.image_size), training=False)

        def head(inputs: tf.Tensor) -> tf.Tensor:
            return classes.completed(inner(inputs))

        targets = _class_indices(classes.names, class_name)
        return activations, head, explainer.explain_batch(head, classes.kernel, classes.bias, activations, targets)


def predictor(model: model_lib.Model, count: int | None = None) -> Signature:
    """Build the predictor for clients: from images of any size to scores, with operations that converters know.

    Args:
      model: Model whose network, gate and classes become constants.
      count: Number of images at a time; None for any.
    """

    def predict(images: tf.Tensor) -> Outputs:
        # Made within the graph, because converters take constants from outside for inputs.
        kernel, bias = tf.constant(model.classifier.kernel), tf.constant(state.calibrated_bias(model))
        fitted = resize.fit(images, model.image_size, count)
        return {"scores": state.compute_features(model, fitted) @ kernel + bias}

    return Signature(predict, (_spec("images", count, None, None, 3),), "Predict the scores of images.")


def _class_indices(names: tf.Tensor, class_name: tf.Tensor) -> tf.Tensor:
    """Look up the indices `[N]` int64 of classes among `names` `[C]`; `explainer.PREDICTED` for an empty name.

    The graph raises an error for a name that no class has.
    """
    is_class, is_empty = class_name[:, None] == names, class_name == ""
    is_valid = tf.reduce_any(is_class, axis=1) | is_empty
    unknown = tf.strings.reduce_join(tf.boolean_mask(class_name, ~is_valid), separator=", ")
    rule = "`class_name` must be one of the `class_names` that serving_default returns, or empty. Received: "
    check = tf.debugging.Assert(tf.reduce_all(is_valid), [tf.strings.join([rule, unknown])])
    with tf.control_dependencies([check]):
        return tf.where(is_empty, tf.constant(explainer.PREDICTED, tf.int64), _first(is_class))


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
