# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the small network."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from niwt_tf.backbones import backbone, small, split_points


@pytest.mark.parametrize("size", [16, 32, 64, 72])
def test_shapes_by_hand(size: int) -> None:
    network = small.build(size)
    assert network.input_shape == (None, size, size, 3)
    assert network.output_shape == (None, 128)
    shapes = {name: network.get_layer(name).output.shape[1:] for name in ("conv1", "conv2", "conv3", "conv4")}
    assert shapes == {
        "conv1": (size // 2, size // 2, 16),
        "conv2": (size // 4, size // 4, 32),
        "conv3": (size // 8, size // 8, 64),
        "conv4": (size // 8, size // 8, 128),
    }


def test_number_of_weights_by_hand() -> None:
    network = small.build()
    convolutions = 9 * (3 * 16 + 16 * 32 + 32 * 64 + 64 * 128)
    norms = 16 + 32 + 64 + 128
    assert sum(int(np.prod(v.shape)) for v in network.trainable_variables) == convolutions + 2 * norms
    assert network.count_params() == convolutions + 4 * norms


def test_default_size_and_layer() -> None:
    halves = backbone.Backbone(small.build(), small.DEFAULT_LAYER)
    assert (halves.image_size, halves.activation_shape) == (64, (8, 8, 128))
    assert halves.layer == split_points.last(halves.network)


def test_images_are_bytes_brought_to_minus_one_to_one() -> None:
    network = small.build(8)
    assert network.input.dtype == "uint8"
    preprocessing = keras.Model(network.input, network.get_layer("preprocessing").output)
    values = np.array([0, 51, 255], np.uint8)
    images = np.broadcast_to(values[:, None, None, None], (3, 8, 8, 3))
    np.testing.assert_allclose(preprocessing(images)[:, 0, 0, 0], [-1, -0.6, 1], atol=1e-6)


def test_features_are_the_mean_over_the_positions() -> None:
    cut = backbone.Backbone(small.build(24), "conv4")
    activations = np.random.default_rng(0).uniform(size=(2, 3, 3, 128)).astype(np.float32)
    np.testing.assert_allclose(cut.head(activations), activations.mean((1, 2)), rtol=1e-5)


def test_network_is_flat() -> None:
    assert not any(isinstance(layer, keras.Model) for layer in small.build().layers)


def test_random_seed_decides_the_weights() -> None:
    kernels = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        kernels.append(small.build(8).get_layer("conv3_kernel").get_weights()[0])
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert (kernels[0] != kernels[2]).any()
