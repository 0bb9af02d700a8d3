# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Synthesizes images that drive a neuron as strongly as possible, by tf-keras-vis' ActivationMaximization.

A. Mahendran and A. Vedaldi, "Visualizing Deep Convolutional Neural Networks Using Natural Pre-Images", IJCV 2016.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.explain import keras_vis

STEPS = 80
LARGEST = 64  # pixels: the width of the gallery's crops, beside which these images are drawn
_BATCH_SIZE = 16  # neurons at a time
_GREY, _NOISE = 127.5, 32.0  # mean and spread of the first images; on plain grey most neurons are 0, without gradient
_SMOOTHED = 10  # blurring steps that leave little of the noise: a neuron that is then 0 starts from a patchwork
_LEARNING_RATE = 6.0  # of pixels in 0..255
_PATCHWORKS, _PATCHES = 64, 4  # number of patchworks to choose from, and of random colours on a side of one
_BLUR = 0.3  # share by which a step moves a pixel to the mean of its neighbours; without it noise drives neurons best


def maximal_images(
    backbone: backbone_lib.Backbone, neurons: Sequence[int], seed: int = 0, steps: int = STEPS
) -> np.ndarray:
    """Synthesize an image for each neuron that raises its mean activation.

    If the network is for larger images, these are `LARGEST` pixels wide where its trunk takes such images: a step then
    costs a small part of what it costs at the network's own size.

    Args:
      backbone: The network.
      neurons: Indices of `P` neurons.
      seed: Seed of the noise and patchworks that the images start from, and of the shifts during the ascent.
      steps: Number of steps of the ascent, at least 1.

    Returns:
      Images `[P,S,S,3]` uint8, RGB.
    """
    images, activations = _small_trunk(backbone)
    pooled = keras.layers.GlobalAveragePooling2D(dtype="float32", name="pooled")(activations)
    with keras_vis.quiet():
        vis = importlib.import_module("tf_keras_vis.activation_maximization")
        model = keras.Model(images, pooled, name="pooled_trunk")
        starts = _starts(model, neurons, seed)
        parts = []
        for first in range(0, len(neurons), _BATCH_SIZE):
            rows = slice(first, first + _BATCH_SIZE)
            climb = vis.ActivationMaximization(_build_graph(model, neurons[rows]), clone=False)
            parts.append(_climb(climb, starts[rows], seed, steps))
    return np.concatenate([np.zeros((0, *images.shape[1:]), np.uint8), *parts])


class _Scores(keras.layers.Layer):
    """Each image's own neuron, its value and gradient in one run of a graph: tf-keras-vis runs a model eagerly."""

    def __init__(self, model: keras.Model, neurons: Sequence[int]) -> None:
        super().__init__(dtype="float32", name="scores")
        self._function = tf.function(functools.partial(_scores, model, tf.constant(neurons)), reduce_retracing=True)

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """Compute the values `[P,1]` of the `P` neurons, each on its own image."""

        @tf.custom_gradient
        def values(images: tf.Tensor) -> tuple[tf.Tensor, Callable[..., Any]]:
            activations, gradients = self._function(
                tf.stop_gradient(images)
            )  # else a tape keeps what no gradient needs

            def gradient(upstream: tf.Tensor, variables: Sequence[tf.Variable] = ()) -> Any:
                scaled = upstream[:, :, None, None] * gradients
                return (scaled, [None] * len(variables)) if variables else scaled

            return activations, gradient

        return values(images)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the values."""
        return (shape[0], 1)


def _scores(model: keras.Model, neurons: tf.Tensor, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        values = tf.gather(model(images, training=False), neurons, axis=1, batch_dims=1)
    return values[:, None], tape.gradient(values, images)


def _build_graph(model: keras.Model, neurons: Sequence[int]) -> keras.Model:
    images = keras.Input(model.input_shape[1:], dtype="float32", name="float_images")
    return keras.Model(images, _Scores(model, neurons)(images), name="neurons_of_images")


def _small_trunk(backbone: backbone_lib.Backbone) -> tuple[Any, Any]:
    """Copy the trunk for images of at most `LARGEST` pixels, or of its own size if it takes no other."""
    own = backbone.image_size
    try:
        return keras_vis.float_images(backbone.trunk, min(own, LARGEST))
    except (ValueError, TypeError, tf.errors.InvalidArgumentError):
        return keras_vis.float_images(backbone.trunk, own)


def _starts(model: keras.Model, neurons: Sequence[int], seed: int) -> np.ndarray:
    """Choose first images `[P,S,S,3]` on which the neurons have gradients: noise, or the best of some patchworks.

    A neuron starts from noise if the blurred noise still drives it.
    """
    rng, size = np.random.default_rng(seed), model.input_shape[1]
    means = tf.function(lambda images: model(images, training=False), reduce_retracing=True)
    noise = rng.normal(_GREY, _NOISE, (1, size, size, 3)).astype(np.float32)
    smoothed = tf.constant(noise)
    for _ in range(_SMOOTHED):
        smoothed = _blur(smoothed)
    is_driven = (means(smoothed).numpy()[0] > 0)[list(neurons)]
    colors = rng.uniform(0, 255, (_PATCHWORKS, _PATCHES, _PATCHES, 3))
    patchworks = tf.image.resize(colors, (size, size)).numpy()
    best = np.concatenate([means(tf.constant(one[None], tf.float32)).numpy() for one in patchworks]).argmax(0)[
        list(neurons)
    ]
    return np.where(is_driven[:, None, None, None], noise, patchworks[best])


def _climb(climb: Any, starts: np.ndarray, seed: int, steps: int) -> np.ndarray:
    scores = importlib.import_module("tf_keras_vis.utils.scores").CategoricalScore([0] * len(starts))
    modifiers = importlib.import_module("tf_keras_vis.activation_maximization.input_modifiers")
    keras.utils.set_random_seed(seed)
    images = climb(
        scores,
        seed_input=tf.constant(starts),
        steps=steps,
        input_modifiers=[modifiers.Jitter(4), _blur],
        regularizers=[],
        gradient_modifier=_neighbours,
        optimizer=keras.optimizers.Adam(_LEARNING_RATE),
    )
    return np.clip(np.rint(np.asarray(images)), 0, 255).astype(np.uint8)


def _blur(images: tf.Tensor) -> tf.Tensor:
    return images + _BLUR * (_neighbours(images) - images)


def _neighbours(images: tf.Tensor) -> tf.Tensor:
    """Compute the mean of each pixel and its neighbours, `[N,S,S,3]`."""
    return tf.nn.avg_pool2d(images, 3, 1, "SAME")
