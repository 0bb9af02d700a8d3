# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the names that Keras makes up."""

from __future__ import annotations

import keras
import pytest

from niwt_tf.backbones import layer_names


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Conv2D(1, 1),
        keras.layers.ReLU(),
        keras.layers.PReLU(),
        keras.layers.ELU(),
        keras.layers.LSTM(1),
        keras.layers.DepthwiseConv2D(1),
        keras.layers.BatchNormalization(),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.RMSNormalization(),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_names_of_classes_are_those_of_keras(layer: keras.layers.Layer) -> None:
    auto = layer.name.rstrip("0123456789").rstrip("_") if layer.name[-1].isdigit() else layer.name
    assert layer_names.class_base(layer) in (layer.name, auto)


def test_made_up_names_are_counted_from_this_network_on() -> None:
    for _ in range(2):
        images = x = keras.Input((2, 2, 3), name="images")
        for name in (None, "mine", None, "conv2d_old", None):
            x = keras.layers.Conv2D(3, 1, name=name)(x)
        x = keras.layers.ReLU()(x + 1.0)
        network = keras.Model(images, x)
        layer_names.renumber(network)
        names = ["images", "conv2d", "mine", "conv2d_1", "conv2d_old", "conv2d_2", "re_lu"]
        assert [layer.name for layer in network.layers] == names
        assert [operation.name for operation in network.operations][6] == "add"
        assert network.get_layer("conv2d_2") is network.layers[5]
