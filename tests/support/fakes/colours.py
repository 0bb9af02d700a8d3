# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A network whose neurons are the colours of an image: what a class or a neuron looks at is known by hand."""

from __future__ import annotations

import keras
import numpy as np

from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib

CLASSES = ("red", "green", "blue", "yellow")
RED, GREEN, BLUE, YELLOW = range(4)
KERNEL = np.array([[8, 0, 0, 4], [0, 8, 0, 4], [0, 0, 8, -8]], np.float32)
BIAS = np.array([0, 0, 0, 1], np.float32)


def backbone(positions: int, patch: int = 1) -> backbone_lib.Backbone:
    """Returns a network with three neurons: the mean red, green and blue, 0..255, of each `patch` pixels squared.

    Args:
      positions: across an image, and down.
      patch: the side of a position, in pixels.
    """
    side = positions * patch
    images = keras.Input((side, side, 3), dtype="uint8")
    mean = keras.layers.Conv2D(3, patch, patch, use_bias=False, name="neurons")
    neurons = mean(keras.layers.Rescaling(1.0)(images))
    mean.set_weights([np.broadcast_to(np.eye(3) / patch**2, (patch, patch, 3, 3))])
    features = keras.layers.GlobalAveragePooling2D(name="features")(neurons)
    return backbone_lib.Backbone(keras.Model(images, features), "neurons")


def classifier(positions: int, patch: int = 1) -> classifier_lib.Classifier:
    """Returns a linear classifier over the pooled colours, of which yellow is unseen."""
    return classifier_lib.Classifier(backbone(positions, patch), KERNEL, BIAS, CLASSES, CLASSES[-1:])
