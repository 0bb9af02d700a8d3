# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Convert a model that is quantized, or of another precision, to float32, so that gradients can be computed.

The weights of a quantized dense layer are the factors by which it multiplies: the derivative of its output, as Keras
computes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.saving import serialization_lib

_FLOAT32 = "float32"
_OTHER_FLOATS = ("float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")
_POLICY, _POLICIES = (
    "DTypePolicy",
    ("DTypePolicy", "DTypePolicyMap"),
)  # the plain one; endings of all names
_LINEAR_MODES = ("int8", "int4", "gptq", "awq")


class NotFloatError(ValueError):
    """A layer cannot be converted to float32."""


def convert(model: keras.Model, custom_objects: Mapping[str, Any] | None = None) -> keras.Model:
    """Convert all weights and computations of `model` to float32; `model` itself is returned if they are already.

    Args:
      model: Functional or sequential model.
      custom_objects: Layers and functions of the user's own that the model contains, by name.

    Raises:
      NotFloatError: If a layer is quantized in a way for which float32 weights are unknown.
    """
    with serialization_lib.ObjectSharingScope():
        config = keras.saving.serialize_keras_object(model)
    floats = _float32(config)
    if floats == config and not any(map(_mode, _layers(model))):
        return model
    with keras.saving.custom_object_scope(dict(custom_objects or {})), serialization_lib.ObjectSharingScope():
        copy = keras.saving.deserialize_keras_object(floats, safe_mode=True)
    for old, new in zip(_layers(model), _layers(copy), strict=True):
        _copy_weights(old, new)
    return copy


def _float32(config: Any) -> Any:
    """Replace every other float type, and quantization, in the serialized `config` by float32."""
    if isinstance(config, (list, tuple)):
        return type(config)(_float32(item) for item in config)
    if not isinstance(config, dict):
        return config
    if str(config.get("class_name")).endswith(_POLICIES):
        is_float32 = config["class_name"] == _POLICY and config["config"]["name"] not in _OTHER_FLOATS
        return config if is_float32 else _FLOAT32
    converted = {key: _float32(value) for key, value in config.items()}
    if converted.get("dtype") in _OTHER_FLOATS:
        converted["dtype"] = _FLOAT32
    if converted.get("quantization_config"):
        converted["quantization_config"] = None
    return converted


def _layers(model: keras.Model) -> list[Any]:
    return [layer for layer in model._flatten_layers() if not isinstance(layer, keras.Model)]


def _copy_weights(old: Any, new: Any) -> None:
    """Copy the weights of the layer `old` to `new`, except those of layers inside it."""
    if _mode(old):
        _dequantize(old, new)
        return
    for source, target in zip(_own_weights(old), _own_weights(new), strict=True):
        target.assign(np.asarray(keras.ops.convert_to_numpy(source)).astype(target.dtype))


def _mode(layer: Any) -> str | None:
    """Return the quantization mode of a layer; None if it is not quantized."""
    return getattr(layer, "quantization_mode", None)


def _own_weights(layer: Any) -> list[Any]:
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def _dequantize(old: Any, new: Any) -> None:
    if not isinstance(old, keras.layers.Dense) or old.quantization_mode not in _LINEAR_MODES:
        raise NotFloatError(
            f"the layer {old.name} ({type(old).__name__}), whose quantization, {old.quantization_mode}, cannot be "
            "converted to float32"
        )
    new.kernel.assign(_kernel(old, new.kernel.shape))
    if old.bias is not None:
        new.bias.assign(keras.ops.cast(old.bias, _FLOAT32))


def _kernel(layer: keras.layers.Dense, shape: tuple[int, int]) -> Any:
    """Compute the weights `[D,U]` float32 of a quantized dense layer."""
    activation, layer.activation = layer.activation, keras.activations.linear
    try:
        zeros = tf.zeros((shape[1], shape[0]), layer.compute_dtype)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(zeros)
            units = layer(zeros, training=False)
        columns = tape.gradient(units, zeros, tf.eye(shape[1], dtype=units.dtype))
    finally:
        layer.activation = activation
    return tf.cast(tf.transpose(columns), tf.float32)
