# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of models of other precision as models of float32: the same numbers, but for rounding."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from niwt_tf.backbones import float_copy

_IMAGES = np.random.default_rng(0).uniform(-1, 1, (6, 8, 8, 3)).astype(np.float32)


def _model(policy: str = "float32", units: int = 6) -> keras.Model:
    """A model of models, with a norm, an operation and two dense layers."""
    keras.utils.set_random_seed(0)
    inner = keras.Sequential(
        [
            keras.Input((8, 8, 3), dtype="float32" if policy.startswith("mixed") else policy),
            keras.layers.Conv2D(4, 3, dtype=policy, name="conv"),
            keras.layers.BatchNormalization(dtype=policy),
        ],
        name="inner",
    )
    images = keras.Input((8, 8, 3), dtype=inner.inputs[0].dtype)
    x = keras.ops.relu(inner(images))
    x = keras.layers.GlobalAveragePooling2D(dtype=policy)(x)
    x = keras.layers.Dense(units, activation="relu", dtype=policy, name="hidden")(x)
    return keras.Model(images, keras.layers.Dense(5, dtype=policy, name="top")(x))


def _kinds(model: keras.Model) -> set[str]:
    tensors = [node.outputs[0].dtype for layer in model._flatten_layers() for node in layer._inbound_nodes]
    return {*tensors, *(layer.compute_dtype for layer in model._flatten_layers()), *(w.dtype for w in model.weights)}


def test_a_model_of_float32_is_left_as_it_is() -> None:
    model = _model()
    assert float_copy.convert(model) is model


@pytest.mark.parametrize(
    ("policy", "tolerance"),
    [("mixed_float16", 5e-3), ("mixed_bfloat16", 3e-2), ("float16", 5e-3), ("bfloat16", 3e-2), ("float64", 1e-5)],
)
def test_other_precision_becomes_float32(policy: str, tolerance: float) -> None:
    model = _model(policy)
    own = np.asarray(keras.ops.cast(model(_IMAGES, training=False), "float32"))
    copy = float_copy.convert(model)
    assert "float32" not in _kinds(model) or len(_kinds(model)) > 1
    assert _kinds(copy) == {"float32"}
    np.testing.assert_allclose(copy(_IMAGES, training=False), own, atol=tolerance * np.abs(own).max())
    for before, after in zip(model.get_weights(), copy.get_weights(), strict=True):
        np.testing.assert_array_equal(before.astype(np.float32), after)
    assert [layer.name for layer in copy.layers] == [layer.name for layer in model.layers]


@pytest.mark.parametrize("mode", ["int8", "int4"])
@pytest.mark.parametrize("units", [6, 7])
def test_quantized_dense_layers_get_what_they_multiply_by(mode: str, units: int) -> None:
    original = _model(units=units)
    quantized = keras.models.clone_model(original)
    quantized.set_weights(original.get_weights())
    for name in ("hidden", "top"):
        quantized.get_layer(name).quantize(mode)
    own = quantized(_IMAGES, training=False).numpy()
    copy = float_copy.convert(quantized)
    assert _kinds(copy) == {"float32"}
    step = {"int8": 1 / 127, "int4": 2 / 15}[mode]
    for name in ("hidden", "top"):
        before, after = original.get_layer(name), copy.get_layer(name)
        assert after.quantization_mode is None
        error = np.abs(after.kernel - before.kernel).max() / np.abs(before.kernel).max()
        assert 0 < error <= step
        np.testing.assert_array_equal(after.bias, before.bias)
    assert copy.get_layer("hidden").activation is keras.activations.relu
    np.testing.assert_allclose(copy(_IMAGES, training=False), own, atol=0.02 * np.abs(own).max())


def test_a_dense_layer_by_hand() -> None:
    layer = keras.layers.Dense(2, use_bias=False)
    model = keras.Sequential([keras.Input((2,)), layer])
    layer.set_weights([np.array([[127.0, 0.0], [0.0, 254.0]])])
    layer.quantize("int8")  # with scales of 1 and 1/2
    np.testing.assert_allclose(float_copy.convert(model).layers[-1].kernel, [[127, 0], [0, 254]], rtol=1e-5)
    assert np.abs(layer.kernel).max() == 127  # the integers


def test_other_quantized_layers_are_named() -> None:
    x = images = keras.Input((8, 8, 3))
    x = keras.layers.Reshape((64, 3))(x)
    model = keras.Model(images, keras.layers.EinsumDense("abc,cd->abd", (64, 4), name="mix")(x))
    model.layers[-1].quantize("int8")
    with pytest.raises(float_copy.NotFloatError, match=r"^the layer mix \(EinsumDense\), whose quantization, int8, "):
        float_copy.convert(model)


class _Twice(keras.layers.Layer):
    def build(self, shape: Any) -> None:
        self.factor = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x: Any) -> Any:
        return x * self.factor * 2


def test_layers_of_the_users_own_are_made_anew() -> None:
    images = keras.Input((8, 8, 3))
    model = keras.Model(images, _Twice(dtype="mixed_float16")(images))
    model.set_weights([np.array([1.0, 2.0, 3.0])])
    copy = float_copy.convert(model, {"_Twice": _Twice})
    assert copy.layers[-1].compute_dtype == "float32"
    np.testing.assert_allclose(copy(_IMAGES), _IMAGES * [2, 4, 6], rtol=1e-6)
