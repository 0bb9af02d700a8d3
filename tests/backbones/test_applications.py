# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the networks of keras.applications: flat, cut without loss, saved and loaded."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.utils import file_utils

from niwt_tf import config, errors
from niwt_tf.backbones import applications, build, classifier, split_points
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.config import networks as networks_lib

_FAST = ("resnet50", "mobilenet_v2", "efficientnet_v2_b0")
_NAMES = [
    name if name in _FAST else pytest.param(name, marks=pytest.mark.slow)
    for name in networks_lib.FAMILIES
    if name not in ("convnext_large", "convnext_xlarge", "efficientnet_b6", "efficientnet_b7", "nasnet_large")
]


def _settings(name: str, **changes: Any) -> config.BackboneConfig:
    size = networks_lib.FAMILIES[name].only_size or networks_lib.FAMILIES[name].smallest
    return config.BackboneConfig(**({"backbone": name, "weights": "none", "image_size": size} | changes))


def _images(count: int, size: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)


def _settle(network: keras.Model, images: np.ndarray) -> None:
    """Gives norms the statistics of the images, so that random weights neither drown these nor blow rounding up.

    A channel that hardly varies is divided by what the channels of its norm vary by on average.
    """
    norms = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    for norm in norms:
        norm.momentum = 0.0
    network(images, training=True)
    for norm in norms:
        variance = norm.moving_variance.numpy()
        norm.moving_variance.assign(np.maximum(variance, variance.mean()))


@pytest.fixture(scope="module", params=_NAMES)
def started(request: pytest.FixtureRequest) -> Any:
    """Each network with random weights, settled on images."""
    keras.utils.set_random_seed(0)
    started = build.build(_settings(request.param))
    _settle(started.backbone.network, _images(16, started.backbone.image_size))
    return started


def test_network_is_flat_from_bytes_to_features(started: backbone_lib.InitialNetwork) -> None:
    network = started.backbone.network
    assert not [layer for layer in network.layers if isinstance(layer, keras.Model)]
    assert [layer.name for layer in network.layers][:2] == ["images", "preprocessing"]
    assert network.input.dtype == "uint8" and len(network.output_shape) == 2
    assert (started.is_trained, started.kernel, started.bias) == (False, None, None)


def test_trunk_then_head_is_the_network_alone_and_among_others(started: backbone_lib.InitialNetwork) -> None:
    backbone = started.backbone
    images = _images(7, backbone.image_size)
    features = backbone.network(images, training=False).numpy()
    again = backbone.head(backbone.trunk(images, training=False), training=False).numpy()
    np.testing.assert_allclose(again, features, rtol=1e-5, atol=1e-6)
    alone = backbone.head(backbone.trunk(images[:1], training=False), training=False)[0]
    np.testing.assert_allclose(alone, features[0], rtol=1e-3, atol=1e-4 * np.abs(features).max())
    assert np.abs(features - features[0]).max() > 0, "images must differ in their features"


def test_gradients_of_the_head_are_those_of_the_network(started: backbone_lib.InitialNetwork) -> None:
    """At a layer in the middle; in the network the tape goes back to it, in the head its activations are the input."""
    network = started.backbone.network
    found = split_points.find(network)
    backbone = backbone_lib.Backbone(network, found[len(found) // 2].layer)
    images = _images(2, backbone.image_size)
    weights = np.random.default_rng(2).normal(size=(2, backbone.feature_size)).astype(np.float32)
    both = keras.Model(
        backbone.network.input, [backbone.network.get_layer(backbone.layer).output, backbone.network.output]
    )
    with tf.GradientTape() as tape:
        activations, features = both(images, training=False)
        logits = tf.reduce_sum(features * weights)
    expected = tape.gradient(logits, activations).numpy()
    activations = backbone.trunk(images, training=False)
    with tf.GradientTape() as tape:
        tape.watch(activations)
        logits = tf.reduce_sum(backbone.head(activations, training=False) * weights)
    gradients = tape.gradient(logits, activations).numpy()
    np.testing.assert_allclose(gradients, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())
    assert np.abs(expected).max() > 0


def test_a_saved_classifier_comes_back_in_safe_mode(started: backbone_lib.InitialNetwork, tmp_path: Path) -> None:
    backbone, images = started.backbone, _images(1, started.backbone.image_size)
    kernel = np.random.default_rng(3).normal(size=(backbone.feature_size, 2)).astype(np.float32)
    classifier.Classifier(backbone, kernel, np.zeros(2, np.float32), ("a", "b")).save(tmp_path)
    loaded = classifier.Classifier.load(tmp_path).backbone
    assert (loaded.layer, split_points.find(loaded.network)) == (backbone.layer, split_points.find(backbone.network))
    np.testing.assert_array_equal(loaded.network(images, training=False), backbone.network(images, training=False))
    expected = backbone.trunk(images, training=False)
    np.testing.assert_array_equal(loaded.trunk(images, training=False), expected)


def test_the_last_convolution_is_the_default_and_leaves_a_head(started: backbone_lib.InitialNetwork) -> None:
    backbone = started.backbone
    found = split_points.find(backbone.network)
    name = backbone.network.name
    if name != "resnet101":  # the paper's: two blocks before
        assert backbone.layer == found[-1].layer
    assert found[-1].trunk_share > 0.85
    assert len(backbone.activation_shape) == 3


@pytest.mark.slow
def test_the_layers_of_the_paper() -> None:
    vgg = build.build(_settings("vgg16"))
    assert (vgg.backbone.layer, vgg.backbone.activation_shape) == ("block5_conv3", (14, 14, 512))
    assert vgg.backbone.feature_size == 4096
    assert split_points.multiply_accumulates(vgg.backbone.network) == pytest.approx(15.47e9, rel=1e-3)
    resnet = build.build(_settings("resnet101", image_size=224))
    assert (resnet.backbone.layer, resnet.backbone.activation_shape) == ("conv5_block1_out", (7, 7, 2048))


def test_names_do_not_depend_on_what_was_built_before() -> None:
    names = []
    for _ in range(2):
        network = applications.build("mobilenet_v3_small", 32, "none", "none")
        names.append([operation.name for operation in network.operations])
    assert names[0] == names[1]
    assert {"activation", "activation_17"} <= set(names[0])


def test_seed_decides_the_weights_and_preprocessing_can_be_chosen() -> None:
    kernels = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        network = applications.build("mobilenet", 32, "torch", "none")
        kernels.append(network.get_layer("conv1").get_weights()[0])
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert (kernels[0] != kernels[2]).any()
    assert network.get_layer("preprocessing").get_config()["mean"] == [123.675, 116.28, 103.53]


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache of Keras', and no network."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(file_utils.config, "keras_home", lambda: str(tmp_path))

    def refuse(*args: Any) -> None:
        raise file_utils.urllib.error.URLError(OSError(-2, "Name or service not known"))

    monkeypatch.setattr(file_utils, "urlretrieve", refuse)
    return tmp_path


def test_without_network_the_error_names_the_address_and_the_place_of_the_file(downloads: Path) -> None:
    with pytest.raises(errors.UserError) as caught:
        build.build(config.BackboneConfig(backbone="mobilenet", image_size=40))
    address = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet/mobilenet_1_0_224_tf_no_top.h5"
    assert str(caught.value) == (
        "`weights` must be in Keras' cache, or Keras must be able to download them. Received: weights='imagenet' for "
        f"backbone='mobilenet': URL fetch failure on {address}: None -- [Errno -2] Name or service not known. Download "
        f"{address} to {downloads}/models/mobilenet_1_0_224_tf_no_top.h5, or choose a file of weights with "
        "weights='PATH', or train from scratch with weights='none'."
    )
    assert caught.value.__suppress_context__


def test_a_file_in_the_cache_is_used_if_its_checksum_is_that_of_keras(downloads: Path) -> None:
    (downloads / "models").mkdir()
    (downloads / "models" / "vgg16_weights_tf_dim_ordering_tf_kernels.h5").write_text("damaged", "utf-8")
    with pytest.raises(
        errors.UserError, match="URL fetch failure on https://.*/vgg16_weights_tf_dim_ordering_tf_kernels"
    ):
        applications._construct("vgg16", keras.Input((224, 224, 3)), "imagenet")


def test_convnext_is_flat_and_its_blocks_have_names() -> None:
    """Its convolutions of one channel a group are compiled by XLA, one by one, so that to run it takes long."""
    network = applications.build("convnext_tiny", 32, "none", "none")
    assert not [layer for layer in network.layers if isinstance(layer, keras.Model)]
    names = [found.layer for found in split_points.find(network)]
    assert sum(name.endswith("_sum") for name in names) == 3 + 3 + 9 + 3
    assert names[-1] == "convnext_tiny_stage_3_block_2_identity_sum"
    assert {"convnext_tiny_stem_conv", "convnext_tiny_downsampling_conv_2"} <= set(names)


def test_normalized_images_are_divided_by_the_root_of_the_spread() -> None:
    images = keras.Input((1, 1, 3))
    network = keras.Model(images, keras.layers.Normalization()(images))
    network.layers[1].set_weights([np.array([1, 2, 3]), np.array([4, 9, 16]), np.array(1)])
    applications._rescale(network)
    expected = np.array([1 / 2, 1 / 3, 1 / 4]) / np.sqrt([0.229, 0.224, 0.225])
    np.testing.assert_allclose(network(np.array([[[[2, 3, 4]]]], np.float32))[0, 0, 0], expected, rtol=1e-5)


@pytest.mark.slow
def test_efficientnet_of_a_file_is_that_of_imagenet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keras adds a layer before the network for its own download alone: weights of a file must count for the same."""
    keras.utils.set_random_seed(0)
    original = keras.applications.EfficientNetB0(
        weights=None, include_top=False, input_shape=(32, 32, 3), pooling="avg"
    )
    rng = np.random.default_rng(0)
    normalization = original.get_layer(index=2)
    normalization.set_weights([np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]), np.array(1)])
    for layer in original.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(rng.uniform(0.4, 0.8, layer.moving_variance.shape))
    path = tmp_path / "b0.weights.h5"
    original.save_weights(path)
    monkeypatch.setattr(file_utils, "get_file", lambda *args, **kwargs: str(path))
    networks = [applications.build("efficientnet_b0", 32, "none", weights) for weights in ("imagenet", path)]
    stems = [
        keras.Model(network.input, network.get_layer("stem_conv_pad").output)(_images(2, 32)) for network in networks
    ]
    np.testing.assert_allclose(stems[1], stems[0], rtol=1e-4, atol=1e-5)
    images = _images(1, 32)
    expected = ((images / 255 - [0.485, 0.456, 0.406]) / np.sqrt([0.229, 0.224, 0.225])) / np.sqrt(
        [0.229, 0.224, 0.225]
    )
    np.testing.assert_allclose(stems[1][:1, :32, :32], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(networks[1](images), networks[0](images), rtol=1e-3, atol=1e-5)


def test_weights_of_a_file_start_a_trained_network(tmp_path: Path) -> None:
    original = keras.applications.MobileNet(weights=None, include_top=False, input_shape=(32, 32, 3), pooling="avg")
    original.save_weights(tmp_path / "w.weights.h5")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        started = build.build(_settings("mobilenet", weights=str(tmp_path / "w.weights.h5"), image_size=40))
    assert started.is_trained
    images = _images(2, 40)
    expected = original.get_layer("conv1").get_weights()[0]
    np.testing.assert_array_equal(started.backbone.network.get_layer("conv1").get_weights()[0], expected)
    wide = keras.applications.MobileNet(weights=None, include_top=False, input_shape=(40, 40, 3), pooling="avg")
    wide.set_weights(original.get_weights())
    features = started.backbone.network(images, training=False)
    np.testing.assert_allclose(features, wide(images / np.float32(127.5) - 1, training=False), rtol=1e-4, atol=1e-6)
