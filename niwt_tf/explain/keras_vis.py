# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Computes other maps of the evidence for a class, by tf-keras-vis; they do not use neuron importances."""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.backbones import classifier as classifier_lib

SCORE_CAM = "scorecam"
_BATCH_SIZE = 16
_SMOOTH_SAMPLES = 20
_SMOOTH_NOISE = 0.2  # spread of the noise, as a share of the image's range
_SCORED_NEURONS = 64  # neurons whose maps Score-CAM tries: those that vary most


class TfKerasVisMap:
    """Map of a class by one method of tf-keras-vis, which runs its own passes and is much slower than our Grad-CAM."""

    def __init__(self, classifier: classifier_lib.Classifier, method: str) -> None:
        """Copy the network with its logits; the classifier itself is not changed.

        Args:
          classifier: Classifier of all classes.
          method: Key of `METHODS`.

        Raises:
          errors.UserError: If `method` is not one of `METHODS`.
        """
        if method not in METHODS:
            raise errors.unknown_value("method", method, METHODS)
        self._layer, self._method, self._model = classifier.backbone.layer, method, with_logits(classifier)

    def __call__(self, images: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Compute a map of each image, `[N,S,S]` float32, at least 0.

        Args:
          images: `[N,S,S,3]` uint8, RGB.
          classes: Class whose evidence is mapped on each image, `[N]`.
        """
        # Score-CAM of several images tries on each of them the neurons of all, in memory at once: 14 GiB of 16 images.
        size = 1 if self._method == SCORE_CAM else _BATCH_SIZE
        starts = range(0, len(images), size)
        maps = [self._one_batch(images[start : start + size], classes[start : start + size]) for start in starts]
        return np.concatenate([np.zeros((0, *images.shape[1:3]), np.float32), *maps])

    def _one_batch(self, images: np.ndarray, classes: np.ndarray) -> np.ndarray:
        # One score for each image: with fewer scores than images, tf-keras-vis returns wrong maps without an error.
        scores = importlib.import_module("tf_keras_vis.utils.scores").CategoricalScore(classes.tolist())
        with quiet():
            maps = METHODS[self._method](self._model, self._layer, scores, images.astype(np.float32))
        return np.maximum(np.nan_to_num(np.asarray(maps, np.float32)), 0)


def float_images(network: keras.Model, size: int) -> tuple[Any, Any]:
    """Copy a network so that it takes floats: bytes have no gradient.

    Args:
      network: Network for images `[N,S,S,3]` uint8.
      size: Side of the images that the copy takes, in pixels.

    Returns:
      Input and output of the copy.

    Raises:
      ValueError: If the network takes no images of that size.
    """
    images = keras.Input((size, size, 3), dtype="float32", name="float_images")
    copy = keras.models.clone_model(network, input_tensors=images)
    copy.set_weights(network.get_weights())
    return images, copy.output


def with_logits(classifier: classifier_lib.Classifier) -> keras.Model:
    """Build the whole network, images `[N,S,S,3]` float32 in 0..255 -> logits `[N,C]`."""
    images, features = float_images(classifier.backbone.network, classifier.backbone.image_size)
    dense = keras.layers.Dense(len(classifier.class_names), dtype="float32", name="logits")
    model = keras.Model(images, dense(features), name="with_logits")
    dense.set_weights([classifier.kernel, classifier.bias])
    return model


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hide warnings and Keras' interactive logging: tf-keras-vis imports from outdated places in SciPy."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        interactive = keras.utils.is_interactive_logging_enabled()
        keras.utils.disable_interactive_logging()
        try:
            yield
        finally:
            if interactive:
                keras.utils.enable_interactive_logging()


def _grad_cam_plus_plus(model: keras.Model, layer: str, scores: Any, images: np.ndarray) -> Any:
    def about_0(logits: tf.Tensor) -> tf.Tensor:
        # The map has the exponential of the scores as a factor: it overflows above 88, and cancels in a scaled map.
        return scores(logits) - tf.stop_gradient(scores(logits))

    kind = importlib.import_module("tf_keras_vis.gradcam_plus_plus").GradcamPlusPlus
    return kind(model, clone=True)(about_0, images, penultimate_layer=layer, seek_penultimate_conv_layer=False)


def _score_cam(model: keras.Model, layer: str, scores: Any, images: np.ndarray) -> Any:
    kind = importlib.import_module("tf_keras_vis.scorecam").Scorecam
    neurons = min(_SCORED_NEURONS, model.get_layer(layer).output.shape[-1])
    options = {"penultimate_layer": layer, "seek_penultimate_conv_layer": False, "max_N": neurons}
    return kind(model, clone=False)(scores, images, batch_size=_BATCH_SIZE, **options)


def _smooth_grad(model: keras.Model, layer: str, scores: Any, images: np.ndarray) -> Any:
    del layer
    saliency = importlib.import_module("tf_keras_vis.saliency").Saliency(model, clone=True)
    state = np.random.get_state()
    np.random.seed(0)  # the noise comes from numpy's global generator, which others may use
    try:
        return saliency(scores, images, smooth_samples=_SMOOTH_SAMPLES, smooth_noise=_SMOOTH_NOISE)
    finally:
        np.random.set_state(state)


METHODS: Mapping[str, Callable[[keras.Model, str, Any, np.ndarray], Any]] = {
    "gradcampp": _grad_cam_plus_plus,
    SCORE_CAM: _score_cam,
    "smoothgrad": _smooth_grad,
}
