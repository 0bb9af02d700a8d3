# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of a SavedModel's flat graph and of the functions that a tensor splits it into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from fakes import hub_image as fake
from niwt_tf.backbones import flat_graph, hub_image, saved_model

_SPLIT_POINTS = [name for name, is_split_point in fake.TENSORS.items() if is_split_point]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> hub_image.ImageModel:
    return hub_image.load(str(fake.save(tmp_path_factory.mktemp("hub") / "model")))


def _images(count: int, size: int = fake.SIZE) -> tf.Tensor:
    return tf.constant(fake.images(count, size) / np.float32(255))


def test_tensors_are_those_of_convolutions_and_of_what_follows_them(model: hub_image.ImageModel) -> None:
    assert {tensor.name: tensor.is_split_point for tensor in model.graph.tensors} == fake.TENSORS
    assert [tensor.name for tensor in model.graph.tensors] == [*fake.TENSORS]
    assert {tensor.shape for tensor in model.graph.tensors} == {(24, 24, fake.NEURONS)}


@pytest.mark.parametrize("name", _SPLIT_POINTS)
def test_trunk_then_head_is_the_whole_for_any_batch(model: hub_image.ImageModel, name: str) -> None:
    trunk, head = model.graph.split(name)
    assert (trunk.shape, head.shape) == ((None, 24, 24, fake.NEURONS), (None, fake.FEATURES))
    for count in (1, 2, 3, 4, 5):
        activations = trunk.function(_images(count))
        assert activations.shape == (count, 24, 24, fake.NEURONS)
        expected = model.loaded(_images(count), training=False)
        np.testing.assert_allclose(head.function(activations), expected, rtol=1e-6, atol=1e-6)
    assert np.std(expected, axis=0).max() > 1e-4, "images must differ in their features"


def test_trunk_gives_the_named_tensor(model: hub_image.ImageModel) -> None:
    relu = model.graph.split("net/stem/Relu")[0].function(_images(2))
    norm = model.graph.split("net/stem/FusedBatchNormV3")[0].function(_images(2))
    assert np.min(norm) < 0
    np.testing.assert_array_equal(relu, tf.nn.relu(norm))


@pytest.mark.parametrize("name", [name for name, is_split_point in fake.TENSORS.items() if not is_split_point])
def test_a_graph_cannot_be_split_at_a_tensor_in_a_branch(model: hub_image.ImageModel, name: str) -> None:
    with pytest.raises(flat_graph.NotSeparableError):
        model.graph.split(name)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_compiled_is_what_eager_is(model: hub_image.ImageModel, jit_compile: bool) -> None:
    trunk, head = model.graph.split("net/stem/Relu")
    compiled = tf.function(lambda images: head.function(trunk.function(images)), jit_compile=jit_compile)
    for count in (2, 3):
        expected = model.loaded(_images(count), training=False)
        np.testing.assert_allclose(compiled(_images(count)), expected, rtol=1e-5, atol=1e-6)


def test_parts_read_the_variables_of_the_loaded_model(model: hub_image.ImageModel) -> None:
    trunk, head = model.graph.split("net/stem/Relu")
    assert sorted(v.name for v in trunk.variables) == [
        f"stem/{v}:0" for v in ("beta", "gamma", "kernel", "mean", "var")
    ]
    assert sorted(v.name for v in head.variables) == ["inner/kernel:0", "outer/kernel:0"]
    assert {id(v) for v in (*trunk.variables, *head.variables)} == {id(v) for v in model.loaded.variables}
    assert {v.name for v in head.variables if id(v) in model.trainable} == {"inner/kernel:0", "outer/kernel:0"}
    assert {v.name for v in trunk.variables if id(v) not in model.trainable} == {"stem/mean:0", "stem/var:0"}


def test_gradients_of_the_variables_are_those_of_the_whole(model: hub_image.ImageModel) -> None:
    trunk, head = model.graph.split("net/block/add")
    variables = model.loaded.trainable_variables
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(head.function(trunk.function(_images(3))) ** 2)
    with tf.GradientTape() as whole_tape:
        whole = tf.reduce_sum(model.loaded(_images(3), training=False) ** 2)
    for one, other in zip(tape.gradient(loss, variables), whole_tape.gradient(whole, variables), strict=True):
        assert np.abs(other).max() > 0
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def _exported(path: Path, network: keras.Model, size: int) -> hub_image.ImageModel:
    network.export(path, verbose=False)
    return hub_image.load(str(path), size)


@pytest.mark.parametrize(("layer", "name"), [("sum", "sum_1/Add"), ("last", "last_1/IdentityN")])
def test_gradients_of_an_exported_network_are_those_of_keras(tmp_path: Path, layer: str, name: str) -> None:
    network = fake.network()
    model = _exported(tmp_path / "model", network, 32)
    trunk, head = model.graph.split(next(t.name for t in model.graph.tensors if t.name.endswith(name)))
    keras_trunk = keras.Model(network.input, network.get_layer(layer).output)
    keras_head = keras.Model(network.get_layer(layer).output, network.output)
    activations = trunk.function(_images(4, 32))
    np.testing.assert_allclose(activations, keras_trunk(_images(4, 32), training=False), rtol=1e-5, atol=1e-6)

    def gradient(function: Any) -> np.ndarray:
        with tf.GradientTape() as tape:
            tape.watch(activations)
            feature = function(activations)[:, 2]
        return tape.gradient(feature, activations).numpy()

    expected = gradient(lambda a: keras_head(a, training=False))
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(gradient(head.function), expected, rtol=1e-5, atol=1e-7)


def test_a_head_that_needs_the_images_leaves_no_split_point(tmp_path: Path) -> None:
    class Leap(fake.FeatureVector):
        @tf.function
        def __call__(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
            features = tf.reduce_mean(self._head(self._stem(images, training)), (1, 2))
            return features + tf.reduce_mean(images)

    model = hub_image.load(str(fake.save(tmp_path / "model", Leap())))
    assert len(model.graph.tensors) == len(fake.TENSORS)
    assert not any(tensor.is_split_point for tensor in model.graph.tensors)


def test_pooled_tensors_are_left_out(tmp_path: Path) -> None:
    """As in modules of the slim kind, whose classifier is a convolution over pooled activations of 1 x 1."""

    class Slim(fake.FeatureVector):
        @tf.function
        def __call__(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
            with tf.name_scope("net"):
                pooled = tf.reduce_mean(self._head(self._stem(images, training)), (1, 2), keepdims=True)
            return tf.squeeze(tf.nn.relu(tf.nn.conv2d(pooled, self.inner[:1, :1], 1, "SAME")), (1, 2))

    model = hub_image.load(str(fake.save(tmp_path / "model", Slim())))
    assert [tensor.name for tensor in model.graph.tensors] == [*fake.TENSORS]


def test_a_model_of_constants_has_no_variables(tmp_path: Path) -> None:
    class Frozen(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 96, 96, 3])])
        def __call__(self, images: tf.Tensor) -> tf.Tensor:
            return tf.reduce_mean(tf.nn.relu(tf.nn.conv2d(images, tf.ones((2, 2, 3, 4)), 2, "SAME")), (1, 2))

    tf.saved_model.save(Frozen(), str(tmp_path))
    model = hub_image.load(str(tmp_path))
    trunk, head = model.graph.split("Relu")
    assert trunk.variables == head.variables == () and not model.trainable
    np.testing.assert_allclose(
        head.function(trunk.function(_images(2))),
        4 * tf.reduce_sum(_mean(2), -1, keepdims=True) * np.ones(4),
        rtol=1e-5,
    )


def _mean(count: int) -> tf.Tensor:
    return tf.reduce_mean(_images(count), (1, 2))


def test_names_that_tensorflow_gives_to_captures_do_not_clash(tmp_path: Path) -> None:
    class Clash(fake.FeatureVector):
        @tf.function
        def __call__(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
            x = tf.nn.relu(tf.nn.conv2d(images, self.stem, 4, "SAME"), "Placeholder")
            return tf.reduce_mean(tf.nn.relu(tf.nn.conv2d(x, self.inner, 1, "SAME"), "batch"), (1, 2))

    model = hub_image.load(str(fake.save(tmp_path / "model", Clash())))
    assert [tensor.name for tensor in model.graph.tensors] == ["Conv2D", "Placeholder", "Conv2D_1", "batch"]
    trunk, head = model.graph.split("Placeholder")
    expected = model.loaded(_images(2), training=False)
    np.testing.assert_allclose(head.function(trunk.function(_images(2))), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("StatefulPartitionedCall/net/Relu", "net/Relu"),
        ("StatefulPartitionedCall_1/PartitionedCall/net/PartitionedCall_2/Relu", "net/Relu"),
        ("net/MyPartitionedCall/Relu", "net/MyPartitionedCall/Relu"),
    ],
)
def test_names_are_without_the_calls(name: str, expected: str) -> None:
    assert saved_model.remove_calls(name) == expected
