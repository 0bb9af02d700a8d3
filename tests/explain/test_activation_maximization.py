# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of images synthesized for neurons, on colours and on an untrained network."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from fakes import colours
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import small
from niwt_tf.explain import activation_maximization, keras_vis

_SIDE, _STEPS = 16, 8
_START, _SPREAD = 127.5, 32  # of the noise that images start from


@pytest.fixture(scope="module")
def untaught() -> backbone_lib.Backbone:
    keras.utils.set_random_seed(0)
    return backbone_lib.Backbone(small.build(_SIDE), "conv4")


def _mean_activations(backbone: backbone_lib.Backbone, images: np.ndarray) -> np.ndarray:
    return backbone.trunk(images).numpy().mean((1, 2))


def test_an_image_for_a_colour_gains_that_colour_alone() -> None:
    images = activation_maximization.maximal_images(colours.backbone(16), [colours.BLUE, colours.RED], steps=_STEPS)
    assert (images.shape, images.dtype) == ((2, 16, 16, 3), np.uint8)
    for image, colour in zip(images, (colours.BLUE, colours.RED), strict=True):
        gains = image.mean((0, 1)) - _START
        assert gains[colour] > 3 * _STEPS  # of 6 a step
        assert np.abs(np.delete(gains, colour)).max() < 8  # the mean of 256 pixels with a spread of 32


def test_an_image_drives_its_neuron_more_than_the_noise_it_starts_from(untaught: backbone_lib.Backbone) -> None:
    # A network that nothing was taught likes noise, which the first steps blur: few would end below it.
    neurons = [3, 40, 99]
    images = activation_maximization.maximal_images(untaught, neurons, seed=4)
    noise = np.random.default_rng(4).normal(_START, _SPREAD, (1, _SIDE, _SIDE, 3))
    before = _mean_activations(untaught, np.clip(np.rint(noise), 0, 255).astype(np.uint8))[0, neurons]
    after = _mean_activations(untaught, images)[:, neurons]
    assert (np.diag(after) > 1.5 * before).all()
    np.testing.assert_array_equal(after.argmax(0), range(3))  # no other image drives the neuron more


def test_the_seed_repeats_and_another_gives_other_images(untaught: backbone_lib.Backbone) -> None:
    first, again, other = (activation_maximization.maximal_images(untaught, [5], seed, steps=3) for seed in (1, 1, 2))
    np.testing.assert_array_equal(again, first)
    assert (other != first).mean() > 0.5


def test_neurons_beyond_one_batch_get_their_own_images(monkeypatch: pytest.MonkeyPatch) -> None:
    backbone, neurons = colours.backbone(8), [colours.RED, colours.GREEN, colours.BLUE]
    monkeypatch.setattr(activation_maximization, "_BATCH_SIZE", 2)
    images = activation_maximization.maximal_images(backbone, neurons, steps=_STEPS)
    np.testing.assert_array_equal(images.mean((1, 2)).argmax(1), neurons)


def test_a_neuron_that_grey_leaves_at_0_starts_from_colours_that_drive_it() -> None:
    images = keras.Input((16, 16, 3), dtype="uint8")
    excess = keras.layers.Conv2D(1, 1, activation="relu", name="neurons")  # of red above the other two, and above 60
    features = keras.layers.GlobalAveragePooling2D()(excess(keras.layers.Rescaling(1.0)(images)))
    excess.set_weights([np.array([1.0, -0.5, -0.5]).reshape(1, 1, 3, 1), np.array([-60.0])])
    (image,) = activation_maximization.maximal_images(
        backbone_lib.Backbone(keras.Model(images, features), "neurons"), [0], steps=30
    )
    red, green, blue = image.mean((0, 1))
    assert red > 60 + (green + blue) / 2


@pytest.mark.parametrize(
    ("takes_any", "side"), [(True, activation_maximization.LARGEST), (False, 2 * activation_maximization.LARGEST)]
)
def test_images_for_a_network_of_large_ones_are_small_where_it_takes_these(takes_any: bool, side: int) -> None:
    own = 2 * activation_maximization.LARGEST
    images = values = keras.Input((own, own, 3), dtype="uint8")
    if not takes_any:
        values = keras.layers.Reshape((own, own, 3))(values)
    neurons = keras.layers.Conv2D(2, 1, activation="relu", name="neurons")(keras.layers.Rescaling(1.0)(values))
    network = keras.Model(images, keras.layers.GlobalAveragePooling2D()(neurons))
    images = activation_maximization.maximal_images(backbone_lib.Backbone(network, "neurons"), [1], steps=1)
    assert images.shape == (1, side, side, 3)


def test_neurons_of_images_have_the_models_values_and_the_gradients_of_the_images(
    untaught: backbone_lib.Backbone,
) -> None:
    images, activations = keras_vis.float_images(untaught.trunk, _SIDE)
    model, neurons = keras.Model(images, keras.layers.GlobalAveragePooling2D()(activations)), [3, 40, 3]
    images = tf.constant(np.random.default_rng(0).uniform(0, 255, (3, _SIDE, _SIDE, 3)), tf.float32)
    of_images = activation_maximization._build_graph(model, neurons)
    results = []
    for function in (
        lambda: tf.gather(model(images, training=False), neurons, axis=1, batch_dims=1)[:, None],
        lambda: of_images(images, training=False),
    ):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            values = function()
            total = tf.reduce_sum(values * [[1.0], [2.0], [-3.0]])
        results.append((values.numpy(), tape.gradient(total, images).numpy()))
    for value, expected in zip(results[1], results[0], strict=True):
        assert np.abs(expected).max() > 0
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_no_neurons_give_no_images() -> None:
    images = activation_maximization.maximal_images(colours.backbone(8), [], steps=1)
    assert (images.shape, images.dtype) == ((0, 8, 8, 3), np.uint8)


def test_the_network_stays_as_it_is(untaught: backbone_lib.Backbone) -> None:
    before = [weight.numpy() for weight in untaught.network.weights]
    activation_maximization.maximal_images(untaught, [5], steps=2)
    for weight, value in zip(untaught.network.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)
