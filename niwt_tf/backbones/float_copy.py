# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A model of half or mixed precision, or quantized, as one of float32, of which gradients can be taken.

The weights of quantized dense layers are what those layers multiply by: the derivative of what they give, as Keras
takes it.
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
_POLICY, _POLICIES = "DTypePolicy", ("DTypePolicy", "DTypePolicyMap")  # a plain one, and how the names of all end
_LINEAR_MODES = ("int8", "int4", "gptq", "awq")


class NotFloatError(ValueError):
    """A layer has no weights of float32."""


def of(model: keras.Model, custom_objects: Mapping[str, Any] | None = None) -> keras.Model:
    """Returns `model` with float32 for every weight and number; `model` itself where that is so.

    Args:
      model: a functional or sequential model.
      custom_objects: name -> layer or function of the user's own that it is made of.

    Raises:
      NotFloatError: if a layer is quantized in a way that has no such weights.
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
    """Returns the serialized `config` with float32 in the place of every other kind of float and of quantization."""
    if isinstance(config, (list, tuple)):
        return type(config)(_float32(item) for item in config)
    if not isinstance(config, dict):
        return config
    if str(config.get("class_name")).endswith(_POLICIES):
        stays = config["class_name"] == _POLICY and config["config"]["name"] not in _OTHER_FLOATS
        return config if stays else _FLOAT32
    found = {key: _float32(value) for key, value in config.items()}
    if found.get("dtype") in _OTHER_FLOATS:
        found["dtype"] = _FLOAT32
    if found.get("quantization_config"):
        found["quantization_config"] = None
    return found


def _layers(model: keras.Model) -> list[Any]:
    return [layer for layer in model._flatten_layers() if not isinstance(layer, keras.Model)]


def _copy_weights(old: Any, new: Any) -> None:
    """Gives the layer `new` the weights of `old`, but for those of layers inside of it."""
    if _mode(old):
        _dequantize(old, new)
        return
    given, taken = _own_weights(old), _own_weights(new)
    for source, target in zip(given, taken, strict=True):
        target.assign(np.asarray(keras.ops.convert_to_numpy(source)).astype(target.dtype))


def _mode(layer: Any) -> str | None:
    """Returns how a layer is quantized, if it is."""
    return getattr(layer, "quantization_mode", None)


def _own_weights(layer: Any) -> list[Any]:
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def _dequantize(old: Any, new: Any) -> None:
    if not isinstance(old, keras.layers.Dense) or old.quantization_mode not in _LINEAR_MODES:
        raise NotFloatError(
            f"{old.name} ({type(old).__name__}), which is quantized in a way ({old.quantization_mode}) whose weights "
            "are not known as numbers of float32"
        )
    new.kernel.assign(_kernel(old, new.kernel.shape))
    if old.bias is not None:
        new.bias.assign(keras.ops.cast(old.bias, _FLOAT32))


def _kernel(layer: keras.layers.Dense, shape: tuple[int, int]) -> Any:
    """Returns the weights `[D,U]` float32 of a quantized dense layer."""
    activation, layer.activation = layer.activation, keras.activations.linear
    try:
        nothing = tf.zeros((shape[1], shape[0]), layer.compute_dtype)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(nothing)
            units = layer(nothing, training=False)
        columns = tape.gradient(units, nothing, tf.eye(shape[1], dtype=units.dtype))
    finally:
        layer.activation = activation
    return tf.cast(tf.transpose(columns), tf.float32)
