# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of a model of models as one flat graph: it must give the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from niwt_tf.backbones import flatten

_IMAGES = np.random.default_rng(0).uniform(0, 1, (3, 8, 8, 3)).astype(np.float32)


def _block(name: str, channels: int) -> keras.Model:
    """A functional model with two inputs of its own shape, a sum, and a sequential model inside."""
    inputs = keras.Input((None, None, 3))
    inner = keras.Sequential(
        [keras.layers.Conv2D(channels, 1), keras.layers.BatchNormalization()], name=f"{name}_inner"
    )
    x = inner(inputs)
    x = keras.layers.ReLU(name="relu")(x) + x * 2.0
    return keras.Model(inputs, keras.layers.Conv2D(3, 3, padding="same", name="conv")(x), name=name)


def _nested() -> keras.Model:
    images = keras.Input((8, 8, 3), name="images")
    first, second = _block("first", 4), _block("second", 5)
    x = second(first(images, training=False))
    x = keras.layers.Add()([first(x), keras.Sequential([keras.layers.Dropout(0.5), second])(x)])
    return keras.Model(images, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x)))


def _sequential() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3),
            keras.Sequential([keras.layers.BatchNormalization(), keras.Sequential([keras.layers.ReLU()])]),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )


def _randomize(model: keras.Model) -> None:
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.1, 1, weight.shape) for weight in model.get_weights()])


def _flat(model: keras.Model) -> keras.Model:
    images = keras.Input((8, 8, 3), name="images")
    return keras.Model(images, flatten.onto(model, images))


@pytest.mark.parametrize("make", [_nested, _sequential])
def test_a_flat_model_gives_the_same_and_can_be_saved(make: Callable[[], keras.Model], tmp_path: Path) -> None:
    model = make()
    _randomize(model)
    expected = model(_IMAGES, training=False).numpy()
    flat = _flat(model)
    assert not [layer for layer in flat.layers if isinstance(layer, keras.Model)]
    np.testing.assert_allclose(flat(_IMAGES, training=False), expected, rtol=1e-6)
    flat.save(tmp_path / "flat.keras")
    loaded = keras.saving.load_model(tmp_path / "flat.keras", safe_mode=True)
    np.testing.assert_allclose(loaded(_IMAGES, training=False), expected, rtol=1e-6)


def test_names_stay_unless_they_are_taken() -> None:
    images = keras.Input((8, 8, 3), name="images")
    flat = keras.Model(images, flatten.onto(_nested(), images, ("first_inner", "relu_1")))
    names = [layer.name for layer in flat.layers]
    assert len(set(names)) == len(names)
    assert {"conv", "conv_1", "relu", "relu_2"} <= set(names) and "relu_1" not in names


def test_sums_of_maps_become_layers_and_other_operations_stay() -> None:
    images = keras.Input((8, 8, 3), name="images")
    x = keras.layers.Conv2D(3, 1, name="conv")(images)
    x = keras.layers.ReLU(name="relu")(x) + 1.0
    y = keras.layers.Conv2D(3, 1, name="other")(x)
    flat = _flat(keras.Model(images, x + y))
    assert [layer.name for layer in flat.layers] == ["images", "conv", "relu", "other", "other_sum"]
    assert len(flat.operations) == 6
    conv, other = flat.get_layer("conv"), flat.get_layer("other")
    x = np.maximum(_IMAGES @ conv.get_weights()[0][0, 0], 0) + 1
    np.testing.assert_allclose(flat(_IMAGES), x + x @ other.get_weights()[0][0, 0], rtol=1e-4, atol=1e-6)


def test_layers_are_called_as_often_as_their_models_were() -> None:
    once, twice = _flat(_sequential()), _flat(_nested())
    assert {len(layer._inbound_nodes) for layer in once.layers} == {1}
    calls = {layer.name: len(layer._inbound_nodes) for layer in twice.layers}
    assert calls["conv"] == calls["conv_1"] == calls["relu"] == 2
    assert calls["images"] == 1


def test_training_mode_is_that_of_the_call_as_in_keras() -> None:
    model = _sequential()
    _randomize(model)
    expected = [model(_IMAGES, training=training).numpy() for training in (True, False)]
    _randomize(model)  # training moved its statistics
    flat = _flat(model)
    for training, logits in zip((True, False), expected, strict=True):
        np.testing.assert_allclose(flat(_IMAGES, training=training), logits, rtol=1e-5)
    assert np.abs(expected[0] - expected[1]).max() > 0.01
