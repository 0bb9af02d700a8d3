# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what networks want of their images."""

from __future__ import annotations

import importlib
from pathlib import Path

import keras
import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.backbones import preprocessing
from niwt_tf.config import networks
from niwt_tf.util import devices

_IMAGES = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), np.uint8)


def _prepared(mode: str, images: np.ndarray) -> np.ndarray:
    given, prepared = preprocessing.inputs(images.shape[1], mode)
    return keras.Model(given, prepared)(images).numpy()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("caffe", [30 - 103.939, 20 - 116.779, 10 - 123.68]),
        ("tf", [10 / 127.5 - 1, 20 / 127.5 - 1, 30 / 127.5 - 1]),
        ("torch", [(10 / 255 - 0.485) / 0.229, (20 / 255 - 0.456) / 0.224, (30 / 255 - 0.406) / 0.225]),
        ("none", [10, 20, 30]),
    ],
)
def test_modes_by_hand(mode: str, expected: list[float]) -> None:
    given = _prepared(mode, np.array([[[[10, 20, 30]]]], np.uint8))
    assert given.dtype == "float32"
    np.testing.assert_allclose(given[0, 0, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("mode", preprocessing.MODES)
def test_every_byte_is_what_the_layer_of_before_gave(mode: str) -> None:
    every = np.stack([np.arange(256, dtype=np.uint8).reshape(16, 16)] * 3, axis=-1)[None]
    given, before = _prepared(mode, every), preprocessing.Preprocessing(mode)(every).numpy()
    np.testing.assert_allclose(given, before, rtol=0, atol=1e-6 if mode in ("tf", "torch") else 0)


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_modes_are_those_of_keras(mode: str) -> None:
    expected = keras.applications.imagenet_utils.preprocess_input(_IMAGES.astype(np.float32), mode=mode)
    np.testing.assert_allclose(_prepared(mode, _IMAGES), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", networks.FAMILIES)
def test_each_family_has_the_mode_of_its_module_in_keras(name: str) -> None:
    family = networks.FAMILIES[name]
    constructor = getattr(keras.applications, family.constructor)
    module = importlib.import_module(constructor.__module__)
    expected = module.preprocess_input(_IMAGES.astype(np.float32))
    np.testing.assert_allclose(_prepared(family.preprocessing, _IMAGES), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", preprocessing.MODES)
def test_what_is_saved_comes_back_in_safe_mode_in_layers_of_keras(tmp_path: Path, mode: str) -> None:
    images, preprocessed = preprocessing.inputs(4, mode)
    model = keras.Model(images, preprocessed)
    assert {operation.name for operation in model.operations} <= set(preprocessing.NAMES)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded(_IMAGES), model(_IMAGES))
    assert all(type(operation).__module__.startswith("keras.") for operation in loaded.operations)
    assert (loaded.input.dtype, loaded.input_shape) == ("uint8", (None, 4, 4, 3))


@pytest.mark.parametrize("mode", preprocessing.MODES)
def test_images_are_prepared_in_float32_whatever_else_is_computed_in(mode: str) -> None:
    expected = _prepared(mode, _IMAGES)
    given, prepared = preprocessing.inputs(4, mode)
    network = keras.Model(given, keras.layers.Dense(3, "linear", kernel_initializer="identity")(prepared))
    with devices.half_precision(network):
        assert network.layers[-1].compute_dtype == "float16"
        np.testing.assert_array_equal(keras.Model(given, prepared)(_IMAGES), expected)


def test_an_unknown_mode_is_an_error() -> None:
    with pytest.raises(errors.UserError) as caught:
        preprocessing.inputs(4, "cafe")
    assert str(caught.value) == (
        "`preprocessing` must be one of caffe, tf, torch, none. Received: preprocessing='cafe'. Did you mean 'caffe'?"
    )
