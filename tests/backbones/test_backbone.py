# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of a network that is split into trunk and head."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.backbones import backbone, small

_LAYERS = [f"conv{number}{part}" for number in (1, 2, 3, 4) for part in ("_kernel", "_norm", "")]
_IMAGES = np.random.default_rng(0).integers(0, 256, (7, 32, 32, 3), np.uint8)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """The small network, with batch norms that have statistics of their own."""
    keras.utils.set_random_seed(0)
    network = small.build(32)
    rng = np.random.default_rng(1)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    return network


@pytest.mark.parametrize("layer", _LAYERS)
def test_trunk_then_head_is_the_network(network: keras.Model, layer: str) -> None:
    cut = backbone.Backbone(network, layer)
    activations = cut.trunk(_IMAGES, training=False)
    assert tuple(activations.shape[1:]) == cut.activation_shape
    features = cut.head(activations, training=False)
    np.testing.assert_array_equal(features, network(_IMAGES, training=False))
    assert features.shape == (7, cut.feature_size)
    assert np.std(features, axis=0).max() > 0, "images must differ in their features"


def test_trunk_gives_the_named_layer(network: keras.Model) -> None:
    activations = backbone.Backbone(network, "conv4").trunk(_IMAGES, training=False)
    assert np.min(activations) == 0, "after ReLU"
    assert np.min(backbone.Backbone(network, "conv4_norm").trunk(_IMAGES, training=False)) < 0, "before ReLU"
    features = network(_IMAGES, training=False)
    np.testing.assert_allclose(np.mean(activations, axis=(1, 2)), features, rtol=1e-5, atol=1e-6)


def test_trunk_and_head_share_the_weights_of_the_network() -> None:
    network = small.build(16)
    cut = backbone.Backbone(network, "conv2")
    images = _IMAGES[:, :16, :16]
    before = cut.head(cut.trunk(images)).numpy()
    network.get_layer("conv1_kernel").set_weights(
        [w * 3 + 0.1 for w in network.get_layer("conv1_kernel").get_weights()]
    )
    network.get_layer("conv4_norm").set_weights([w * 2 + 0.5 for w in network.get_layer("conv4_norm").get_weights()])
    after = cut.head(cut.trunk(images)).numpy()
    assert not np.allclose(before, after)
    np.testing.assert_array_equal(after, network(images))
    variables = {id(v) for v in network.variables}
    assert {id(v) for v in (*cut.trunk.variables, *cut.head.variables)} == variables


def test_a_graph_gives_what_eager_gives(network: keras.Model) -> None:
    cut = backbone.Backbone(network, "conv3")
    graph = tf.function(lambda images: cut.head(cut.trunk(images, training=False), training=False))
    np.testing.assert_allclose(graph(_IMAGES), network(_IMAGES, training=False), rtol=1e-5, atol=1e-6)


def test_an_image_alone_gives_what_it_gives_among_others(network: keras.Model) -> None:
    cut = backbone.Backbone(network, "conv3")
    alone = [cut.head(cut.trunk(_IMAGES[i : i + 1], training=False), training=False)[0] for i in range(7)]
    np.testing.assert_allclose(alone, network(_IMAGES, training=False), rtol=1e-5, atol=1e-6)


def test_shapes_by_hand(network: keras.Model) -> None:
    cut = backbone.Backbone(network, "conv2")
    assert (cut.image_size, cut.activation_shape, cut.feature_size) == (32, (8, 8, 32), 128)


def test_trunk_and_head_are_built_once(network: keras.Model) -> None:
    cut = backbone.Backbone(network, "conv2")
    assert cut.trunk is cut.trunk
    assert cut.head is cut.head


@pytest.mark.parametrize(
    ("layer", "hint"),
    [("conv5", " Did you mean 'conv4'?"), ("Conv4_Norm", " Did you mean 'conv4_norm'?"), ("xyz", "")],
)
def test_unknown_layers_are_errors_that_name_the_valid_ones(network: keras.Model, layer: str, hint: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        backbone.Backbone(network, layer)
    message = f"`layer` must be one of {', '.join(_LAYERS)}. Received: layer='{layer}'."
    assert str(caught.value).startswith(message)
    assert bool(hint) == ("Did you mean" in str(caught.value))
    if layer != "conv5":  # which of conv1 to conv4 is nearest is a tie
        assert str(caught.value) == message + hint


@pytest.mark.parametrize(
    ("layer", "trouble"),
    [
        ("pool1", ", which is not. Choose one of the nearest: conv1 before it, conv2_kernel after it."),
        ("features", ", which comes after the last of them."),
        ("images", ", which comes before the first of them."),
        ("preprocessing", ", which comes before the first of them."),
        ("", "."),
    ],
)
def test_layers_that_are_no_convolution_are_errors(network: keras.Model, layer: str, trouble: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        backbone.Backbone(network, layer)
    assert str(caught.value).endswith(f"Received: layer='{layer}'{trouble}")
