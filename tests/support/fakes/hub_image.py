# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Image models as TensorFlow Hub's interface of them wants it, small and with random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

SIZE = 96  # pixels
NEURONS = 6
FEATURES = NEURONS
# Name -> whether all paths from images to features pass through it, in order.
TENSORS = {
    "net/stem/Conv2D": True,
    "net/stem/FusedBatchNormV3": True,
    "net/stem/Relu": True,
    "net/block/inner/Conv2D": False,
    "net/block/inner/Relu": False,
    "net/block/outer/Conv2D": False,
    "net/block/add": True,
    "net/block/Relu": True,
}


def images(count: int, size: int = SIZE) -> np.ndarray:
    """Returns bytes `[N,S,S,3]`."""
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)


class FeatureVector(tf.__internal__.tracking.AutoTrackable):
    """Convolution, batch norm, a residual block and pooling: images `[N,S,S,3]` in 0..1 -> `[N,6]`."""

    def __init__(self, change: Callable[[Any], Any] = lambda features: features, trainable: bool = True) -> None:
        rng = np.random.default_rng(1)

        def variable(name: str, *shape: int, trainable: bool = trainable) -> tf.Variable:
            return tf.Variable(rng.normal(0.1, 0.3, shape).astype(np.float32), trainable=trainable, name=name)

        self.stem, self.gamma = variable("stem/kernel", 3, 3, 3, NEURONS), variable("stem/gamma", NEURONS)
        self.beta, self.mean = variable("stem/beta", NEURONS), variable("stem/mean", NEURONS, trainable=False)
        self.spread = tf.Variable(rng.uniform(0.5, 1.5, NEURONS).astype(np.float32), trainable=False, name="stem/var")
        self.inner, self.outer = (variable(f"{name}/kernel", 3, 3, NEURONS, NEURONS) for name in ("inner", "outer"))
        self.variables = [self.stem, self.gamma, self.beta, self.mean, self.spread, self.inner, self.outer]
        self.trainable_variables = [one for one in self.variables if one.trainable]
        self.regularization_losses: list[Any] = []
        self._change = change

    @tf.function
    def __call__(self, images: tf.Tensor, training: bool = False) -> Any:
        with tf.name_scope("net"):
            return self._change(tf.reduce_mean(self._head(self._stem(images, training)), (1, 2)))

    def _stem(self, images: tf.Tensor, training: bool) -> tf.Tensor:
        with tf.name_scope("stem"):
            x = tf.nn.conv2d(images, self.stem, 4, "SAME")
            x, mean, _ = tf.compat.v1.nn.fused_batch_norm(
                x, self.gamma, self.beta, self.mean, self.spread, is_training=training
            )
            if training:
                self.mean.assign(mean)
            return tf.nn.relu(x)

    def _head(self, x: tf.Tensor) -> tf.Tensor:
        with tf.name_scope("block"):
            with tf.name_scope("inner"):
                y = tf.nn.relu(tf.nn.conv2d(x, self.inner, 1, "SAME"))
            with tf.name_scope("outer"):
                y = tf.nn.conv2d(y, self.outer, 1, "SAME")
            return tf.nn.relu(x + y)


def save(path: Path, model: Any = None, size: int | None = SIZE) -> Path:
    """Writes `model`, a `FeatureVector` by default, as TensorFlow Hub's modules are: with and without training."""
    model = FeatureVector() if model is None else model
    for training in (True, False):
        model.__call__.get_concrete_function(tf.TensorSpec([None, size, size, 3], tf.float32), training=training)
    tf.saved_model.save(model, str(path))
    return path


def network(size: int = 32) -> keras.Model:
    """Returns a model of Keras', in 0..1, whose swish has a gradient of its own and whose features are `[N,5]`."""
    keras.utils.set_random_seed(3)
    images = x = keras.Input((size, size, 3), name="images")
    x = keras.layers.Conv2D(8, 3, 2, padding="same", name="first")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = shortcut = keras.layers.Activation("silu", name="swish")(x)
    x = keras.layers.SeparableConv2D(8, 3, padding="same", name="second")(x)
    x = keras.layers.Add(name="sum")([x, shortcut])
    x = keras.layers.Activation("silu", name="last")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(images, keras.layers.Dense(5, "tanh", name="dense")(x))
    rng = np.random.default_rng(2)
    model.get_layer("norm").set_weights([rng.uniform(0.5, 1.5, w.shape) for w in model.get_layer("norm").get_weights()])
    return model
