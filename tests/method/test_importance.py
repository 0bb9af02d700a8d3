# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the importances: closed form, finite differences, the adjoint identity, and the resumable pass."""

from __future__ import annotations

import dataclasses
import errno
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import small
from niwt_tf.data import zero_shot
from niwt_tf.method import importance
from niwt_tf.method.domain_map import fit
from niwt_tf.util import disk_arrays, json_files

_SHAPE = (4, 6, 5)  # H, W, K: no two alike
_FEATURES = 7
Layer = keras.layers.Layer


def _gap() -> list[Layer]:
    return [keras.layers.GlobalAveragePooling2D(dtype="float64")]


def _conv_gap() -> list[Layer]:
    return [
        keras.layers.Conv2D(8, 3, padding="same", activation="relu", dtype="float64"),
        keras.layers.GlobalAveragePooling2D(dtype="float64"),
        keras.layers.Dense(_FEATURES, dtype="float64"),
    ]


def _conv_dense() -> list[Layer]:
    return [
        keras.layers.Conv2D(8, 3, activation="relu", dtype="float64"),
        keras.layers.Flatten(dtype="float64"),
        keras.layers.Dense(_FEATURES, activation="tanh", dtype="float64"),
    ]


def _overlapping_max_pooling() -> list[Layer]:
    return [
        keras.layers.MaxPooling2D(3, 2, padding="same", dtype="float64"),
        keras.layers.Conv2D(8, 2, activation="relu", dtype="float64"),
        keras.layers.GlobalMaxPooling2D(dtype="float64"),
        keras.layers.Dense(_FEATURES, activation="tanh", dtype="float64"),
    ]


def _norm_and_dropout() -> list[Layer]:
    return [
        keras.layers.BatchNormalization(dtype="float64"),
        keras.layers.Activation("gelu", dtype="float64"),
        keras.layers.Dropout(0.5, dtype="float64"),
        keras.layers.GlobalAveragePooling2D(dtype="float64"),
        keras.layers.Dense(_FEATURES, dtype="float64"),
    ]


_NONLINEAR = [_conv_gap, _conv_dense, _overlapping_max_pooling, _norm_and_dropout]


def _head(layers: Callable[[], list[Layer]]) -> Callable[[tf.Tensor], tf.Tensor]:
    model = keras.Sequential([keras.Input(_SHAPE, dtype="float64"), *layers()])
    _randomise(model, 0)
    return importance.inference(model)


def _randomise(model: keras.Model, seed: int) -> None:
    """Gives every weight of `model` a random value, the moving statistics of its norms included."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        value = rng.normal(0, 1 / np.sqrt(np.prod(weight.shape[:-1]) or 1), weight.shape)
        weight.assign(np.abs(value) + 0.5 if "variance" in weight.path else value)


def _draw(seed: int, images: int, *size: int) -> tf.Tensor:
    return tf.constant(np.random.default_rng(seed).normal(size=(images, *size)))


def _finite_differences(
    head: Callable[[tf.Tensor], tf.Tensor], activations: tf.Tensor, weights: tf.Tensor, step: float = 1e-6
) -> np.ndarray:
    """Returns the mean over positions of the logit's derivative: one neuron at a time moves everywhere."""
    images, height, width, neurons = activations.shape
    result = np.zeros((images, neurons))
    for neuron in range(neurons):
        move = step * tf.one_hot(neuron, neurons, dtype=activations.dtype)
        change = head(activations + move) - head(activations - move)
        result[:, neuron] = tf.reduce_sum(change * weights, -1) / (2 * step * height * width)
    return result


def test_pooled_linear_head_gives_the_kernel_column_over_the_positions_for_every_image() -> None:
    head = importance.inference(keras.Sequential([keras.Input((4, 8, 5)), keras.layers.GlobalAveragePooling2D()]))
    kernel = np.random.default_rng(0).integers(-99, 100, (5, 3)).astype(np.float32)  # so that no sum is rounded
    labels = np.array([2, 0, 1, 1, 2])
    activations = tf.cast(_draw(1, 5, 4, 8, 5), tf.float32)
    values = importance.importances(head, activations, tf.constant(kernel.T[labels]))
    np.testing.assert_array_equal(values, (kernel / (4 * 8)).T[labels])


def test_importances_of_a_dense_head_by_hand() -> None:
    # One position, two neurons, features (3a, a + 2b): the logit of w = (1, 10) is 13a + 20b.
    kernel = tf.constant([[3.0, 1.0], [0.0, 2.0]])
    values = importance.importances(
        lambda activations: activations[:, 0, 0] @ kernel, tf.zeros((1, 1, 1, 2)), tf.constant([[1.0, 10.0]])
    )
    np.testing.assert_array_equal(values, [[13.0, 20.0]])


def test_importances_of_a_squaring_head_by_hand() -> None:
    # The feature is the sum of squares: its derivative is twice the activation, averaged over two positions.
    activations = tf.constant([[[[1.0, -2.0]], [[3.0, 5.0]]]])
    values = importance.importances(
        lambda a: tf.reduce_sum(a**2, axis=(1, 2, 3))[:, None], activations, tf.constant([[0.5]])
    )
    np.testing.assert_array_equal(values, [[2.0, 1.5]])


@pytest.mark.parametrize("layers", _NONLINEAR)
def test_importances_are_central_finite_differences_of_the_logit(layers: Callable[[], list[Layer]]) -> None:
    head, activations, weights = _head(layers), _draw(1, 3, *_SHAPE), _draw(2, 3, _FEATURES)
    values = importance.importances(head, activations, weights)
    assert np.abs(values).max() > 1e-3
    np.testing.assert_allclose(values, _finite_differences(head, activations, weights), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("layers", _NONLINEAR)
def test_importances_are_linear_in_the_weights(layers: Callable[[], list[Layer]]) -> None:
    head, activations = _head(layers), _draw(1, 3, *_SHAPE)
    one, other = _draw(2, 3, _FEATURES), _draw(3, 3, _FEATURES)
    both = importance.importances(head, activations, 2.0 * one - 0.5 * other)
    parts = [importance.importances(head, activations, weights) for weights in (one, other)]
    np.testing.assert_allclose(both, 2.0 * parts[0] - 0.5 * parts[1], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("layer", ["conv1", "conv2", "conv3", "conv4"])
def test_importances_of_the_cut_head_are_the_gradient_within_the_whole_network(layer: str) -> None:
    network = small.build(16)
    _randomise(network, 0)
    backbone = backbone_lib.Backbone(network, layer)
    images = np.random.default_rng(1).integers(0, 256, (3, 16, 16, 3), np.uint8)
    weights = tf.cast(_draw(2, 3, backbone.feature_size), tf.float32)
    both = keras.Model(network.input, [network.get_layer(layer).output, network.output])
    with tf.GradientTape() as tape:
        activations, features = both(images, training=False)
        logits = tf.reduce_sum(features * weights, -1)
    expected = tf.reduce_mean(tape.gradient(logits, activations), axis=(1, 2))
    values = importance.importances(
        importance.inference(backbone.head), backbone.trunk(images, training=False), weights
    )
    assert values.shape == (3, backbone.activation_shape[-1])
    assert np.abs(values).max() > 1e-4
    np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("layers", [_gap, *_NONLINEAR])
def test_adjoint_is_the_adjoint_of_the_importances(layers: Callable[[], list[Layer]]) -> None:
    head, activations = _head(layers), _draw(1, 3, *_SHAPE)
    weights = _draw(2, 3, head(activations).shape[-1])
    tangents = _draw(3, 3, _SHAPE[-1])
    left = tf.reduce_sum(importance.importances(head, activations, weights) * tangents, -1)
    right = tf.reduce_sum(weights * importance.adjoint(head, activations, tangents), -1)
    assert np.abs(left).min() > 1e-6
    np.testing.assert_allclose(left, right, rtol=1e-9)


@pytest.mark.parametrize("layers", [_gap, *_NONLINEAR])
def test_adjoint_is_the_second_order_gradient_of_the_importances(layers: Callable[[], list[Layer]]) -> None:
    head, activations, tangents = _head(layers), _draw(1, 3, *_SHAPE), _draw(3, 3, _SHAPE[-1])
    weights = _draw(2, 3, head(activations).shape[-1])
    with tf.GradientTape() as tape:
        tape.watch(weights)
        total = tf.reduce_sum(importance.importances(head, activations, weights) * tangents)
    products = importance.adjoint(head, activations, tangents)
    np.testing.assert_allclose(products, tape.gradient(total, weights), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("neurons", "batch"), [(5, 4), (130, 128)])
def test_mean_jacobian_of_a_pooled_head_is_one_over_the_positions(
    neurons: int, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importance, "_BATCH_SIZE", batch)  # fewer than neurons
    head = keras.Sequential([keras.Input((4, 8, neurons)), keras.layers.GlobalAveragePooling2D()])
    jacobian = importance.mean_jacobian(head, np.zeros((2, 4, 8, neurons), np.float16))
    np.testing.assert_array_equal(jacobian, np.eye(neurons) / (4 * 8))


@pytest.mark.parametrize("images", [1, 3])
def test_mean_jacobian_is_that_of_a_tape_over_images_and_positions(images: int) -> None:
    layers = [
        keras.layers.Conv2D(8, 3, activation="relu"),
        keras.layers.Dropout(0.5),  # must stay out of the way
        keras.layers.Flatten(),
        keras.layers.Dense(_FEATURES, activation="tanh"),
    ]
    head = keras.Sequential([keras.Input(_SHAPE), *layers])
    _randomise(head, 0)
    activations = tf.cast(_draw(1, images, *_SHAPE), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(activations)
        features = head(activations, training=False)
    expected = tf.reduce_mean(tape.batch_jacobian(features, activations), axis=(0, 2, 3))
    jacobian = importance.mean_jacobian(head, activations.numpy())
    assert jacobian.shape == (_FEATURES, _SHAPE[-1]) and np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(jacobian, expected, rtol=1e-4, atol=1e-7)


def test_adjoint_of_a_pooled_linear_head_spreads_the_tangent_over_the_positions() -> None:
    tangents = _draw(3, 2, _SHAPE[-1])
    products = importance.adjoint(_head(_gap), _draw(1, 2, *_SHAPE), tangents)
    np.testing.assert_allclose(products, tangents / (_SHAPE[0] * _SHAPE[1]), rtol=1e-12)


def test_an_image_alone_has_the_importances_and_products_that_it_has_among_seven() -> None:
    head, activations = _head(_overlapping_max_pooling), _draw(1, 7, *_SHAPE)
    weights, tangents = _draw(2, 7, _FEATURES), _draw(3, 7, _SHAPE[-1])
    for function, argument in ((importance.importances, weights), (importance.adjoint, tangents)):
        together = function(head, activations, argument)
        alone = [function(head, activations[i : i + 1], argument[i : i + 1])[0] for i in range(7)]
        np.testing.assert_allclose(together, alone, rtol=1e-9, atol=1e-12)


def test_compiled_functions_agree_with_eager_ones() -> None:
    head, activations = _head(_overlapping_max_pooling), _draw(1, 3, *_SHAPE)
    weights, tangents = _draw(2, 3, _FEATURES), _draw(3, 3, _SHAPE[-1])
    for function, argument in ((importance.importances, weights), (importance.adjoint, tangents)):
        graph = tf.function(lambda a, b, function=function: function(head, a, b))
        np.testing.assert_allclose(
            graph(activations, argument), function(head, activations, argument), rtol=1e-9, atol=1e-12
        )


def test_xla_agrees_with_eager() -> None:
    head, activations = _head(_conv_gap), _draw(1, 3, *_SHAPE)
    weights, tangents = _draw(2, 3, _FEATURES), _draw(3, 3, _SHAPE[-1])
    for function, argument in ((importance.importances, weights), (importance.adjoint, tangents)):
        xla = tf.function(lambda a, b, function=function: function(head, a, b), jit_compile=True)
        np.testing.assert_allclose(
            xla(activations, argument), function(head, activations, argument), rtol=1e-5, atol=1e-7
        )


def test_inference_never_trains() -> None:
    head, activations = _head(_norm_and_dropout), _draw(1, 3, *_SHAPE)
    np.testing.assert_array_equal(head(activations), head(activations))
    np.testing.assert_allclose(head(activations)[:1], head(activations[:1]), rtol=1e-12)  # no statistics of the batch


_IMAGES = 11  # in batches of 4: 4, 4, 3
_LAYER = "conv3"  # its head has a convolution, a norm and ReLU


@pytest.fixture(scope="module")
def classifier() -> classifier_lib.Classifier:
    network = small.build(16)
    _randomise(network, 3)
    kernel = np.random.default_rng(4).normal(size=(128, 3)).astype(np.float32)
    bias = np.array([0.0, 100.0, -100.0], np.float32)
    return classifier_lib.Classifier(backbone_lib.Backbone(network, _LAYER), kernel, bias, ("a", "b", "c"))


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (_IMAGES, 16, 16, 3), np.uint8)


@pytest.fixture(scope="module")
def split(images: np.ndarray) -> zero_shot.Split:
    labels = np.array([2, 0, 1, 1, 0, 2, 2, 1, 0, 0, 1])
    return zero_shot.Split(tf.data.Dataset.from_tensor_slices(images), labels)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importance, "_BATCH_SIZE", 4)


@pytest.fixture(scope="module")
def direct(classifier: classifier_lib.Classifier, images: np.ndarray, split: zero_shot.Split) -> dict[str, np.ndarray]:
    """What one pass gives, without `compute`: all of it, for every image."""
    network = classifier.backbone.network
    both = keras.Model(network.input, [network.get_layer(_LAYER).output, network.output])
    with tf.GradientTape() as tape:
        activations, features = both(images, training=False)
        logits = tf.gather(features @ classifier.kernel + classifier.bias, split.labels, batch_dims=1)
    values = tf.reduce_mean(tape.gradient(logits, activations), axis=(1, 2))
    return {"activations": activations.numpy(), "features": features.numpy(), "values": values.numpy()}


def _positions_of(kept: np.ndarray, activations: np.ndarray) -> list[int]:
    """Returns for each kept activation the image whose it is, which must be one only."""
    positions = []
    for one in kept.astype(np.float32):
        far = np.abs(activations - one).max(axis=(1, 2, 3)) / np.abs(activations).max()
        assert np.sort(far)[0] < 1e-3 < 1e-2 < np.sort(far)[1]  # float16 rounds by less than one in a thousand
        positions.append(int(far.argmin()))
    return positions


def test_compute_gives_what_a_direct_evaluation_gives(
    classifier: classifier_lib.Classifier,
    split: zero_shot.Split,
    direct: dict[str, np.ndarray],
    tmp_path: Path,
) -> None:
    result = importance.compute(classifier, split, kept_images=6, seed=0, folder=tmp_path)
    for name in ("values", "features"):
        array = getattr(result, name)
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, direct[name], rtol=1e-4, atol=1e-6 * np.abs(direct[name]).max())
    np.testing.assert_array_equal(result.labels, split.labels)
    assert result.labels.dtype == np.int64
    assert result.activations.dtype == np.float16
    assert result.activations.shape == (6, *classifier.backbone.activation_shape)


@pytest.mark.parametrize("seed", [0, 1])
def test_compute_keeps_activations_of_distinct_images_in_their_order(
    classifier: classifier_lib.Classifier,
    split: zero_shot.Split,
    direct: dict[str, np.ndarray],
    tmp_path: Path,
    seed: int,
) -> None:
    result = importance.compute(classifier, split, kept_images=6, seed=seed, folder=tmp_path)
    positions = _positions_of(result.activations, direct["activations"])
    assert positions == sorted(set(positions))
    assert positions != list(range(6))  # a random choice, not the first ones
    np.testing.assert_allclose(
        result.activations,
        direct["activations"][positions],
        rtol=2**-10,
        atol=1e-6 * direct["activations"].max(),
    )


def test_the_seed_chooses_whose_activations_are_kept(
    classifier: classifier_lib.Classifier,
    split: zero_shot.Split,
    direct: dict[str, np.ndarray],
    tmp_path: Path,
) -> None:
    chosen = []
    for number, seed in enumerate([0, 0, 1]):
        (tmp_path / str(number)).mkdir()
        result = importance.compute(classifier, split, kept_images=6, seed=seed, folder=tmp_path / str(number))
        chosen.append(_positions_of(result.activations, direct["activations"]))
    assert chosen[0] == chosen[1] != chosen[2]


def test_compute_keeps_all_activations_where_there_are_too_few(
    classifier: classifier_lib.Classifier,
    split: zero_shot.Split,
    direct: dict[str, np.ndarray],
    tmp_path: Path,
) -> None:
    result = importance.compute(classifier, split, kept_images=512, seed=0, folder=tmp_path)
    assert _positions_of(result.activations, direct["activations"]) == list(range(_IMAGES))


def test_load_gives_what_compute_gave(
    classifier: classifier_lib.Classifier, split: zero_shot.Split, tmp_path: Path
) -> None:
    computed = importance.compute(classifier, split, kept_images=3, seed=0, folder=tmp_path)
    _assert_same_bits(importance.Importances.load(tmp_path), computed)


def test_compute_with_xla_agrees(
    classifier: classifier_lib.Classifier,
    split: zero_shot.Split,
    direct: dict[str, np.ndarray],
    tmp_path: Path,
) -> None:
    result = importance.compute(classifier, split, kept_images=2, seed=0, folder=tmp_path, jit_compile=True)
    np.testing.assert_allclose(result.values, direct["values"], rtol=1e-5, atol=1e-5 * np.abs(direct["values"]).max())


def test_classes_are_compared_on_the_same_images_behind_a_deep_head(
    classifier: classifier_lib.Classifier, images: np.ndarray, split: zero_shot.Split, tmp_path: Path
) -> None:
    result = importance.compute(classifier, split, kept_images=_IMAGES, seed=0, folder=tmp_path)
    network = classifier.backbone.network
    both = keras.Model(network.input, [network.get_layer(_LAYER).output, network.output])
    with tf.GradientTape(persistent=True) as tape:
        activations, features = both(images, training=False)
        logits = tf.unstack(features @ classifier.kernel, axis=1)
    values = np.stack([tape.gradient(one, activations).numpy().mean((1, 2)) for one in logits])
    expected = (values / np.linalg.norm(values, axis=-1, keepdims=True)).mean(1)
    assert result.of_classes is not None
    np.testing.assert_allclose(result.of_classes, expected, atol=2e-3)  # kept activations are float16
    seen = fit.SeenClasses(result, 0.5)
    rows = result.of_classes / np.linalg.norm(result.of_classes, axis=1, keepdims=True)
    np.testing.assert_allclose(seen.sums, rows * np.bincount(split.labels)[:, None], rtol=1e-5)


def test_an_affine_head_needs_no_shared_images(
    classifier: classifier_lib.Classifier, split: zero_shot.Split, tmp_path: Path
) -> None:
    affine = dataclasses.replace(classifier, backbone=backbone_lib.Backbone(classifier.backbone.network, "conv4"))
    result = importance.compute(affine, split, kept_images=2, seed=0, folder=tmp_path)
    assert result.of_classes is None
    assert importance.Importances.load(tmp_path).of_classes is None
    units = result.values / np.linalg.norm(result.values, axis=1, keepdims=True)
    own = np.stack([units[split.labels == one].sum(0) for one in range(3)])
    np.testing.assert_allclose(fit.SeenClasses(result, 0.5).sums, own, rtol=1e-4, atol=1e-5)


class _Killed(Exception):
    """Stands for whatever ends a run."""


def _bar_that_raises_after(batches: int) -> Callable[..., Iterator[Any]]:
    def bar(items: Iterable[Any], *_: Any, **__: Any) -> Iterator[Any]:
        for number, item in enumerate(items):
            if number == batches:
                raise _Killed
            yield item

    return bar


def _bar_that_counts(images: list[int]) -> Callable[..., Iterator[Any]]:
    def bar(items: Iterable[Any], *_: Any, **__: Any) -> Iterator[Any]:
        for item in items:
            if isinstance(item, tuple):  # a batch of images, not a class
                images.append(len(item[1]))
            yield item

    return bar


def _assert_same_bits(one: importance.Importances, other: importance.Importances) -> None:
    for field in dataclasses.fields(importance.Importances):
        a, b = (np.asarray(getattr(result, field.name)) for result in (one, other))
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b, err_msg=field.name)


@pytest.fixture(scope="module")
def uninterrupted(
    classifier: classifier_lib.Classifier, split: zero_shot.Split, tmp_path_factory: pytest.TempPathFactory
) -> importance.Importances:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importance, "_BATCH_SIZE", 4)
        return importance.compute(classifier, split, 6, seed=0, folder=tmp_path_factory.mktemp("uninterrupted"))


@pytest.mark.parametrize(("batches", "left"), [(0, [4, 4, 3]), (1, [4, 3]), (2, [3])])
def test_an_interrupted_pass_goes_on_where_it_stopped_to_the_same_bits(
    classifier: classifier_lib.Classifier,
    split: zero_shot.Split,
    uninterrupted: importance.Importances,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    batches: int,
    left: list[int],
) -> None:
    monkeypatch.setattr(importance.progress, "bar", _bar_that_raises_after(batches))
    with pytest.raises(_Killed):
        importance.compute(classifier, split, 6, seed=0, folder=tmp_path)
    seen: list[int] = []
    monkeypatch.setattr(importance.progress, "bar", _bar_that_counts(seen))
    result = importance.compute(classifier, split, 6, seed=0, folder=tmp_path)
    assert seen == left
    _assert_same_bits(result, uninterrupted)
    _assert_same_bits(importance.Importances.load(tmp_path), uninterrupted)


def test_a_pass_killed_between_writing_and_noting_a_batch_does_it_again(
    classifier: classifier_lib.Classifier,
    split: zero_shot.Split,
    uninterrupted: importance.Importances,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_json = json_files.write

    def write_once(path: Path, value: dict[str, int]) -> None:
        if value["images"] > 4:
            raise _Killed
        write_json(path, value)

    with monkeypatch.context() as patch:
        patch.setattr(disk_arrays.json_files, "write", write_once)
        with pytest.raises(_Killed):
            importance.compute(classifier, split, 6, seed=0, folder=tmp_path)
    seen: list[int] = []
    monkeypatch.setattr(importance.progress, "bar", _bar_that_counts(seen))
    _assert_same_bits(importance.compute(classifier, split, 6, seed=0, folder=tmp_path), uninterrupted)
    assert seen == [4, 3]


def test_a_finished_pass_is_not_done_again(
    classifier: classifier_lib.Classifier,
    split: zero_shot.Split,
    uninterrupted: importance.Importances,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    importance.compute(classifier, split, 6, seed=0, folder=tmp_path)
    seen: list[int] = []
    monkeypatch.setattr(importance.progress, "bar", _bar_that_counts(seen))
    _assert_same_bits(importance.compute(classifier, split, 6, seed=0, folder=tmp_path), uninterrupted)
    assert seen == []


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="room on the disk cannot be reserved on this system")
def test_compute_without_room_on_the_disk_ends_with_an_error_and_can_go_on(
    classifier: classifier_lib.Classifier,
    split: zero_shot.Split,
    direct: dict[str, np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", full)
        with pytest.raises(OSError, match="No space left on device"):
            importance.compute(classifier, split, kept_images=6, seed=0, folder=tmp_path)
    result = importance.compute(classifier, split, kept_images=6, seed=0, folder=tmp_path)
    np.testing.assert_allclose(result.features, direct["features"], rtol=1e-4, atol=1e-5)


def test_importances_that_are_the_same_within_classes_do_not_vary_there() -> None:
    values = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0]])  # the direction counts
    assert importance.variation_within_classes(values, np.array([4, 4, 1])) == pytest.approx(0)


def test_the_share_of_variance_within_classes_by_hand() -> None:
    # Directions 1, -1 and 0 along one axis, 0, 0 and 1 along the other: 2 within the first class, of 2 + 2 / 3.
    values = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    assert importance.variation_within_classes(values, np.array([0, 0, 1])) == pytest.approx(2 / (2 + 2 / 3))
    assert importance.variation_within_classes(values[:1], np.array([0])) == 0
