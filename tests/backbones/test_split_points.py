# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the points at which a network can be split: by hand, and against the removal of each node."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from niwt_tf import config, errors
from niwt_tf.backbones import build, split_points


def _residual() -> keras.Model:
    """Two residual blocks, the second one's shortcut a convolution; then a branch of its own around the pooling."""
    images = keras.Input((8, 8, 3), name="images")
    x = keras.layers.ZeroPadding2D(1, name="pad")(images)
    x = first = keras.layers.Conv2D(4, 3, name="stem")(x)
    x = keras.layers.BatchNormalization(name="block1_norm")(x)
    x = keras.layers.Conv2D(4, 3, padding="same", name="block1_conv")(x)
    x = keras.layers.Add(name="block1_add")([first, x])
    x = second = keras.layers.ReLU(name="block1_out")(x)
    x = keras.layers.DepthwiseConv2D(3, 2, "same", name="block2_depthwise")(x)
    x = keras.layers.Conv2D(6, 1, name="block2_conv")(x)
    shortcut = keras.layers.Conv2D(6, 1, 2, name="block2_shortcut")(second)
    x = keras.layers.Concatenate(name="block2_out")([x, shortcut])
    x = keras.layers.MaxPooling2D(name="pool")(x)
    x = keras.layers.SeparableConv2D(5, 3, padding="same", name="top")(x)
    gate = keras.layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(x)
    gate = keras.layers.Conv2D(5, 1, activation="sigmoid", name="excite")(gate)
    x = keras.layers.Multiply(name="scaled")([x, gate])
    x = keras.layers.GlobalAveragePooling2D(keepdims=True, name="features")(x)
    x = keras.layers.Conv2D(7, 1, name="late")(x)
    return keras.Model(images, keras.layers.Dense(2, name="dense")(keras.layers.Flatten(name="flat")(x)))


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return _residual()


def test_split_points_of_a_residual_network_by_hand(network: keras.Model) -> None:
    names = [point.layer for point in split_points.find(network)]
    assert names == ["stem", "block1_add", "block1_out", "block2_out", "top", "scaled"]
    assert [point.shape for point in split_points.find(network)][2:4] == [(8, 8, 4), (4, 4, 12)]
    assert split_points.last(network) == "scaled"


def _head(*layers: keras.layers.Layer) -> keras.Model:
    return keras.Sequential([keras.Input((4, 4, 3)), *layers])


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (_head(keras.layers.GlobalAveragePooling2D()), True),
        (_head(keras.layers.Conv2D(2, 3), keras.layers.BatchNormalization(), keras.layers.Flatten()), True),
        (_head(keras.layers.AveragePooling2D(2), keras.layers.Flatten(), keras.layers.Dense(2)), True),
        (_head(keras.layers.GlobalMaxPooling2D()), False),
        (_head(keras.layers.Conv2D(2, 3, activation="relu"), keras.layers.Flatten()), False),
        (_head(keras.layers.ReLU(), keras.layers.GlobalAveragePooling2D()), False),
        (_head(keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2, activation="tanh")), False),
    ],
)
def test_a_head_is_affine_if_its_gradient_is_the_same_for_all_images(head: keras.Model, expected: bool) -> None:
    assert split_points.is_affine(head) == expected
    activations = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype(np.float32)
    with tf.GradientTape() as tape:
        taken = tf.constant(activations)
        tape.watch(taken)
        features = head(taken, training=False)
    gradient = tape.gradient(features, taken).numpy()
    assert np.allclose(gradient[0], gradient[1], atol=1e-6) == expected


def test_operations_that_are_no_layers_count_in_a_head_too() -> None:
    maps = keras.Input((4, 4, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(2.0)(maps))
    assert split_points.is_affine(keras.Model(maps, keras.layers.Identity()(pooled)))
    assert not split_points.is_affine(keras.Model(maps, keras.ops.relu(pooled)))


def test_multiply_accumulates_by_hand(network: keras.Model) -> None:
    stem, block1 = 64 * 9 * 3 * 4, 64 * 9 * 4 * 4
    block2 = 16 * (9 * 4 + 4 * 6 + 4 * 6)
    top = 4 * (9 * 12 + 12 * 5)
    total = stem + block1 + block2 + top + 5 * 5 + 5 * 7 + 7 * 2
    assert split_points.multiply_accumulates(network) == total
    shares = {point.layer: point.trunk_share for point in split_points.find(network)}
    assert shares["stem"] == pytest.approx(stem / total)
    assert shares["block1_add"] == shares["block1_out"] == pytest.approx((stem + block1) / total)
    assert shares["block2_out"] == pytest.approx((stem + block1 + block2) / total)


def test_transposed_and_grouped_convolutions_by_hand() -> None:
    images = keras.Input((4, 4, 3))
    x = keras.layers.Conv2DTranspose(2, 3, 2)(images)
    assert split_points.multiply_accumulates(keras.Model(images, x)) == 16 * 9 * 3 * 2
    grouped = keras.layers.Conv2D(6, 3, groups=3)(images)
    assert split_points.multiply_accumulates(keras.Model(images, grouped)) == 4 * 9 * 1 * 6


def test_table_by_hand(network: keras.Model) -> None:
    lines = split_points.table(network, "block1_out").splitlines()
    assert lines[0].split() == ["layer", "H", "x", "W", "x", "K", "trunk", "head"]
    assert [line.split()[0] for line in lines[1:]] == [point.layer for point in split_points.find(network)]
    assert lines[3] == "  block1_out  8 x 8 x 4         88.5%  11.5%  the default"
    assert sum("the default" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("layer", "trouble"),
    [
        ("block1_conv", ", which is not. Choose one of the nearest: stem before it, block1_add after it."),
        ("block2_shortcut", ", which is not. Choose one of the nearest: block1_out before it, block2_out after it."),
        ("pool", ", which is not. Choose one of the nearest: block2_out before it, top after it."),
        ("pad", ", which comes before the first of them."),
        ("features", ", which comes after the last of them."),
        ("late", ", which comes after the last of them."),
        ("dense", ", which comes after the last of them."),
        ("block1_ot", ". Did you mean 'block1_out'?"),
    ],
)
def test_other_layers_are_errors_that_name_the_nearest(network: keras.Model, layer: str, trouble: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        split_points.require(network, layer)
    assert str(caught.value).endswith(f"Received: layer='{layer}'{trouble}")


def test_of_many_split_points_the_last_are_named() -> None:
    images = x = keras.Input((2, 2, 3))
    for number in range(20):
        x = keras.layers.Conv2D(2, 1, name=f"conv{number}")(x)
    named = ", ".join(f"conv{number}" for number in range(8, 20))
    with pytest.raises(errors.UserError) as caught:
        split_points.require(keras.Model(images, x), "xyz")
    assert str(caught.value) == (
        f"`layer` must be one of {named} and 8 more that niwt --list_layers shows. Received: layer='xyz'."
    )


def test_a_layer_called_twice_is_no_split_point() -> None:
    images = keras.Input((2, 2, 3))
    shared = keras.layers.Conv2D(3, 1, name="shared")
    x = keras.layers.Conv2D(4, 1, name="conv")(shared(shared(images)))
    assert [point.layer for point in split_points.find(keras.Model(images, x))] == ["conv"]


def test_calls_of_other_models_have_no_effect(network: keras.Model) -> None:
    before = split_points.find(network)
    inner = network.get_layer("block1_out")
    keras.Model(inner.output, network.output)
    keras.Model(network.input, network.get_layer("block2_conv")(inner.output))
    assert split_points.find(network) == before


def test_a_network_without_convolution_is_an_error() -> None:
    images = keras.Input((2, 2, 3), name="images")
    with pytest.raises(errors.UserError) as caught:
        split_points.last(keras.Model(images, keras.layers.Flatten(name="flat")(images)))
    assert str(caught.value) == (
        "`backbone` must have a convolution that all paths from images to features pass through. Received: a network "
        "of the layers images, flat. Choose another backbone."
    )


@st.composite
def _graphs(draw: st.DrawFn) -> list[list[int]]:
    """Parents in topological order; every node lies on a path from the first to the last."""
    size = draw(st.integers(1, 12))
    parents: list[set[int]] = [set()]
    for node in range(1, size):
        parents.append(draw(st.sets(st.integers(max(0, node - 4), node - 1), min_size=1, max_size=3)))
    used = set().union(*parents)
    parents[-1] |= {node for node in range(size - 1) if node not in used}
    return [sorted(before) for before in parents]


def _reaches_without(parents: list[list[int]], removed: int) -> bool:
    """Returns whether there is a path from the first to the last node without `removed`."""
    reached: set[int] = set()
    for node, before in enumerate(parents):
        if node != removed and (node == 0 or reached & set(before)):
            reached.add(node)
    return len(parents) - 1 in reached


@given(_graphs())
def test_without_an_articulation_node_there_is_no_path(parents: list[list[int]]) -> None:
    expected = [not _reaches_without(parents, node) for node in range(len(parents))]
    assert split_points.articulation_nodes(parents) == expected


def test_articulation_nodes_of_a_long_graph_take_linear_time() -> None:
    parents = [[]] + [[node - 1, max(0, node - 2)] for node in range(1, 200_000)]
    answers = split_points.articulation_nodes(parents)
    assert np.flatnonzero(answers).tolist() == [0, 199_999]


def test_the_real_squeezenet_is_split_after_its_fire_modules_and_not_inside(shared_data: Path) -> None:
    path = shared_data / "weights" / "squeezenet_v1_1_notop.keras"
    if not path.is_file():
        pytest.skip(f"needs the weights of SqueezeNet: {path} is no file")
    started = build.build(config.BackboneConfig(backbone=f"keras:{path}", preprocessing="caffe"))
    assert (started.backbone.layer, started.is_trained, started.kernel) == ("fire9_concat", True, None)
    assert (started.backbone.image_size, started.backbone.activation_shape) == (227, (13, 13, 512))
    names = [point.layer for point in split_points.find(started.backbone.network)]
    assert {f"fire{number}_concat" for number in range(2, 10)} <= set(names)
    assert not [name for name in names if "expand" in name or "pool" in name]
    with pytest.raises(errors.UserError, match="fire9_squeeze1x1 before it, fire9_concat after it"):
        split_points.require(started.backbone.network, "fire9_expand1x1")
