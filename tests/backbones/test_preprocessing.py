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
from niwt_tf.backbones import families, preprocessing

_IMAGES = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), np.uint8)


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
    pixel = np.array([[[[10, 20, 30]]]], np.uint8)
    given = preprocessing.Preprocessing(mode)(pixel)
    assert given.dtype == "float32"
    np.testing.assert_allclose(given[0, 0, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_modes_are_those_of_keras(mode: str) -> None:
    expected = keras.applications.imagenet_utils.preprocess_input(_IMAGES.astype(np.float32), mode=mode)
    np.testing.assert_allclose(preprocessing.Preprocessing(mode)(_IMAGES), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", families.FAMILIES)
def test_each_family_has_the_mode_of_its_module_in_keras(name: str) -> None:
    family = families.FAMILIES[name]
    constructor = getattr(keras.applications, family.constructor)
    module = importlib.import_module(constructor.__module__)
    expected = module.preprocess_input(_IMAGES.astype(np.float32))
    given = preprocessing.Preprocessing(family.preprocessing)(_IMAGES)
    np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", preprocessing.MODES)
def test_a_saved_layer_comes_back_in_safe_mode(tmp_path: Path, mode: str) -> None:
    images, preprocessed = preprocessing.inputs(4, mode)
    keras.Model(images, preprocessed).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded(_IMAGES), preprocessing.Preprocessing(mode)(_IMAGES))
    assert loaded.get_layer("preprocessing").mode == mode
    assert (loaded.input.dtype, loaded.input_shape) == ("uint8", (None, 4, 4, 3))


def test_an_unknown_mode_is_an_error() -> None:
    with pytest.raises(errors.UserError) as caught:
        preprocessing.Preprocessing("cafe")
    assert str(caught.value) == (
        "`--preprocessing` must be one of caffe, tf, torch, none. Received: --preprocessing=cafe. Did you mean 'caffe'?"
    )
