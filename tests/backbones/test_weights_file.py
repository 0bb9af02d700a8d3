# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of weights of files into networks of keras.applications."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.backbones import weights_file

_IMAGES = np.random.default_rng(0).uniform(0, 1, (2, 8, 8, 3)).astype(np.float32)


def _network(channels: int = 4, top: bool = False) -> keras.Model:
    images = keras.Input((8, 8, 3), name="images")
    x = keras.layers.Conv2D(channels, 3, name="conv1")(images)
    x = keras.Sequential([keras.layers.Conv2D(4, 1), keras.layers.BatchNormalization()], name="inner")(x)
    x = keras.layers.ReLU(name="relu")(x)
    x = keras.layers.SeparableConv2D(5, 3, name="conv2")(x)
    x = keras.layers.GlobalAveragePooling2D(name="features")(x)
    model = keras.Model(images, keras.layers.Dense(3, name="predictions")(x) if top else x)
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.1, 1, weight.shape) for weight in model.get_weights()])
    return model


def _write(model: keras.Model, path: Path) -> Path:
    """Writes weights in the newer format, or a model with them in the older one."""
    if path.name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save(path)
    return path


def _zeros(model: keras.Model) -> keras.Model:
    model.set_weights([np.zeros(weight.shape) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("name", ["a.weights.h5", "a.h5"])
def test_weights_arrive(tmp_path: Path, name: str) -> None:
    source, target = _network(), _zeros(_network())
    weights_file.load(target, _write(source, tmp_path / name), "toy")
    np.testing.assert_array_equal(target(_IMAGES), source(_IMAGES))


def test_weights_alone_in_the_older_format_arrive(tmp_path: Path) -> None:
    source, target = _network(), _zeros(_network())
    with h5py.File(_write(source, tmp_path / "whole.h5")) as whole, h5py.File(tmp_path / "a.h5", "w") as file:
        for name, item in whole["model_weights"].items():
            whole["model_weights"].copy(item, file, name)
        for name, value in whole["model_weights"].attrs.items():
            file.attrs[name] = value
    weights_file.load(target, tmp_path / "a.h5", "toy")
    np.testing.assert_array_equal(target(_IMAGES), source(_IMAGES))


@pytest.mark.parametrize("name", ["a.weights.h5", "a.h5"])
def test_weights_of_another_network_are_an_error_that_names_the_first_layer(tmp_path: Path, name: str) -> None:
    path, target = _write(_network(channels=6), tmp_path / name), _zeros(_network())
    with pytest.raises(errors.UserError) as caught:
        weights_file.load(target, path, "toy")
    assert str(caught.value) == (
        f"`weights` must belong to backbone='toy'. Received: weights='{path}', where the first layer that differs "
        "is conv1: 3 x 3 x 3 x 6 and 6 there, 3 x 3 x 3 x 4 and 4 in the network. Choose a file of this network; "
        "of Keras' own files, those without the classifier, except for vgg16 and vgg19."
    )
    assert not any(weight.any() for weight in target.get_weights()), "nothing is set"


def test_a_classifier_in_the_file_is_an_error_of_the_older_format_and_left_out_in_the_newer(tmp_path: Path) -> None:
    source, target = _network(top=True), _network()
    weights_file.load(target, _write(source, tmp_path / "a.weights.h5"), "toy")
    with pytest.raises(errors.UserError, match="predictions: 5 x 3 and 3 there, nothing in the network"):
        weights_file.load(target, _write(source, tmp_path / "a.h5"), "toy")


@pytest.mark.parametrize("name", ["a.weights.h5", "a.h5"])
def test_a_layer_that_the_file_lacks_is_an_error(tmp_path: Path, name: str) -> None:
    path = _write(_network(), tmp_path / name)
    with pytest.raises(errors.UserError, match="predictions: nothing there, 5 x 3 and 3 in the network"):
        weights_file.load(_network(top=True), path, "toy")


def test_an_adapted_normalization_is_set_too(tmp_path: Path) -> None:
    def network() -> Any:
        images = keras.Input((8, 8, 3))
        return keras.Model(images, keras.layers.Normalization(axis=-1)(images))

    source, target = network(), network()
    source.layers[1].adapt(_IMAGES)
    weights_file.load(target, _write(source, tmp_path / "a.weights.h5"), "toy")
    np.testing.assert_allclose(target(_IMAGES), source(_IMAGES), rtol=1e-6)
    assert np.abs(target(_IMAGES).numpy().mean((0, 1, 2))).max() < 1e-4


@pytest.mark.parametrize("name", ["a.weights.h5", "a.h5"])
def test_what_holds_no_weights_is_an_error(tmp_path: Path, name: str) -> None:
    rule = "^`weights` must "
    (tmp_path / name).write_text("a letter", "utf-8")
    with pytest.raises(
        errors.UserError, match=f"{rule}name a file of weights that Keras wrote. Received: weights='.*{name}'"
    ):
        weights_file.load(_network(), tmp_path / name, "toy")
    with h5py.File(tmp_path / name, "w") as file:
        file["numbers"] = [1, 2]
    with pytest.raises(errors.UserError, match=rule):
        weights_file.load(_network(), tmp_path / name, "toy")


_VARIABLE = {"a.weights.h5": "layers/conv2d/vars/0", "a.h5": "model_weights/conv1/conv1/kernel"}
_NO_ARRAYS: dict[str, tuple[Any, str]] = {
    "a soft link": (h5py.SoftLink("/other"), "is a link"),
    "a link to itself": (h5py.SoftLink("."), "is a link"),
    "a link to another file": (h5py.ExternalLink("other.h5", "/x"), "is a link"),
    "a group": (None, "is no array of numbers"),
    "a type": (np.dtype("f4"), "is no array of numbers"),
    "texts": (np.full((3, 3, 3, 4), b"x"), "is no array of numbers"),
    "complex numbers": (np.zeros((3, 3, 3, 4), complex), "is no array of numbers"),
    "nothing": (h5py.Empty("f4"), "is no array of numbers"),
    "nan": (np.full((3, 3, 3, 4), np.nan), "has numbers that are not finite"),
}


@pytest.mark.parametrize("name", _VARIABLE)
@pytest.mark.parametrize("kind", _NO_ARRAYS)
def test_what_is_no_array_of_finite_numbers_is_refused(tmp_path: Path, kind: str, name: str) -> None:
    value, trouble = _NO_ARRAYS[kind]
    path, variable = _write(_network(), tmp_path / name), _VARIABLE[name]
    with h5py.File(path, "a") as file:
        del file[variable]
        if value is None:
            file.create_group(variable)
        else:
            file[variable] = value
    with pytest.raises(errors.UserError) as caught:
        weights_file.load(_network(), path, "toy")
    message = str(caught.value)
    assert message.startswith("`weights` must name a file of weights that Keras wrote. Received: weights='"), message
    assert f" {trouble}. Write one with model.save_weights('model.weights.h5')." in message


@pytest.mark.parametrize("name", _VARIABLE)
def test_arrays_of_other_files_are_not_read(tmp_path: Path, name: str) -> None:
    path, variable = _write(_network(), tmp_path / name), _VARIABLE[name]
    with h5py.File(path, "a") as file:
        del file[variable]
        file.create_dataset(variable, (3, 3, 3, 4), "f4", external=[("/dev/zero", 0, 432)])
    with pytest.raises(errors.UserError, match=f"{variable} is an array of another file. Write one with"):
        weights_file.load(_network(), path, "toy")


@pytest.mark.parametrize("value", [5, "text", np.zeros(3), [b"../x"], [b"\xff"]])
def test_lists_of_names_that_are_none_are_told(tmp_path: Path, value: Any) -> None:
    path = _write(_network(), tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file["model_weights"].attrs["layer_names"] = value
    with pytest.raises(errors.UserError, match="`weights` must name a file of weights that Keras wrote. Received: "):
        weights_file.load(_network(), path, "toy")
