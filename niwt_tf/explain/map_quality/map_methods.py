# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Methods that draw maps, by name: ours, those of tf-keras-vis, and two that know nothing of the image."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.explain import explainer, keras_vis, visual
from niwt_tf.explain.map_quality import subject as subject_lib
from niwt_tf.method import importance

GRAD_CAM, PLAIN_GRAD_CAM, RANDOM, CENTRE = "gradcam", "plain_gradcam", "random", "centre"
_BATCH_SIZE = 128
_CENTRE_SPREAD = 0.25  # standard deviation of the blob, as a share of the image's side


def make(name: str, seed: int = 0) -> subject_lib.MapMaker:
    """Make the function from a classifier to the function that draws its maps.

    Args:
      name: `gradcam`, ours: Grad-CAM of the class minus the mean class; `plain_gradcam`: Grad-CAM of the class alone
        (Selvaraju et al., ICCV 2017); a key of `keras_vis.METHODS`; `random`: random numbers at each position of the
        layer; `centre`: a round spot in the middle.
      seed: Seed of the random maps.

    Raises:
      errors.UserError: If there is no such method.
    """
    if name in keras_vis.METHODS:
        return lambda classifier: keras_vis.TfKerasVisMap(classifier, name)
    rng = np.random.default_rng([seed, 0xA11])
    makers: Mapping[str, subject_lib.MapMaker] = {
        GRAD_CAM: _grad_cam,
        PLAIN_GRAD_CAM: _plain_grad_cam,
        RANDOM: lambda classifier: _random(classifier, rng),
        CENTRE: _centre,
    }
    if name not in makers:
        raise errors.unknown_value("method", name, [*makers, *keras_vis.METHODS])
    return makers[name]


def _grad_cam(classifier: classifier_lib.Classifier) -> subject_lib.MapFunction:
    explain = explainer.Explainer(classifier)
    return lambda images, classes: explain(images, classes).maps


def _plain_grad_cam(classifier: classifier_lib.Classifier) -> subject_lib.MapFunction:
    by_class = tf.constant(classifier.kernel.T)
    trunk, head = classifier.backbone.trunk, importance.inference(classifier.backbone.head)

    @tf.function(reduce_retracing=True)
    def one_batch(images: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        activations = trunk(images, training=False)
        return visual.grad_cam(activations, importance.importances(head, activations, tf.gather(by_class, classes)))

    def draw(images: np.ndarray, classes: np.ndarray) -> np.ndarray:
        slices = [slice(start, start + _BATCH_SIZE) for start in range(0, len(images), _BATCH_SIZE)]
        return np.concatenate([one_batch(images[rows], classes[rows]).numpy() for rows in slices])

    return draw


def _random(classifier: classifier_lib.Classifier, rng: np.random.Generator) -> subject_lib.MapFunction:
    height, width, _ = classifier.backbone.activation_shape
    return lambda images, classes: rng.random((len(images), height, width), np.float32)


def _centre(classifier: classifier_lib.Classifier) -> subject_lib.MapFunction:
    shape = classifier.backbone.activation_shape[:2]
    down, right = ((np.arange(side) + 0.5) / side - 0.5 for side in shape)
    squares = (down[:, None] ** 2 + right**2) / (2 * _CENTRE_SPREAD**2)
    blob = np.exp(-squares).astype(np.float32)
    return lambda images, classes: np.repeat(blob[None], len(images), axis=0)
