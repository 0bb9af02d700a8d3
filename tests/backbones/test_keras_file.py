# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of models in the user's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.backbones import keras_file, small

_IMAGES = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)


def _classifier(*last: Any, size: int | None = 16, head: Any = None) -> keras.Model:
    layers = [keras.layers.Conv2D(4, 3, name="conv"), head or keras.layers.GlobalAveragePooling2D(), *last]
    model = keras.Sequential([keras.Input((size, size, 3)), *layers])
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.1, weight.shape) for weight in model.get_weights()])
    return model


def _softmax(logits: Any) -> np.ndarray:
    logits = np.asarray(logits)
    raised = np.exp(logits - logits.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def _save(model: keras.Model, path: Path) -> Path:
    model.save(path)
    return path


_SCORES = {
    "in the layer": (keras.layers.Dense, {"activation": "softmax"}, ()),
    "as an activation": (keras.layers.Dense, {}, (keras.layers.Activation("softmax"),)),
    "as a layer": (keras.layers.Dense, {}, (keras.layers.Softmax(),)),
    "without a bias": (keras.layers.Dense, {"activation": "softmax", "use_bias": False}, ()),
}


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("kind", _SCORES)
def test_a_classifier_gives_its_features_and_its_own_weights(tmp_path: Path, kind: str, ending: str) -> None:
    dense, options, after = _SCORES[kind]
    model = _classifier(keras.layers.Dropout(0.5), dense(5, **options), *after)
    loaded = keras_file.build(_save(model, tmp_path / f"model.{ending}"), 0, "none")
    features = loaded.network(_IMAGES, training=False)
    assert (features.shape, loaded.network.input.dtype) == ((3, 4), "uint8")
    scores = _softmax(features @ loaded.kernel + loaded.bias)
    np.testing.assert_allclose(scores, model(_IMAGES.astype(np.float32)), rtol=1e-5)
    assert loaded.bias is not None and (loaded.bias != 0).any() == (kind != "without a bias")


def test_logits_and_sigmoids_are_of_a_classifier_too(tmp_path: Path) -> None:
    for name, activation in (("a", None), ("b", "sigmoid")):
        model = _classifier(keras.layers.Dense(2, activation=activation))
        loaded = keras_file.build(_save(model, tmp_path / f"{name}.keras"), 0, "none")
        assert loaded.kernel is not None and loaded.kernel.shape == (4, 2)


def test_a_vector_of_features_stays(tmp_path: Path) -> None:
    model = _classifier(keras.layers.Dense(6, activation="relu"))
    loaded = keras_file.build(_save(model, tmp_path / "m.keras"), 0, "none")
    assert (loaded.kernel, loaded.bias) == (None, None)
    np.testing.assert_allclose(loaded.network(_IMAGES), model(_IMAGES.astype(np.float32)), rtol=1e-6)


def test_a_map_is_pooled(tmp_path: Path) -> None:
    model = _classifier(head=keras.layers.ReLU())
    loaded = keras_file.build(_save(model, tmp_path / "m.keras"), 0, "none")
    expected = model(_IMAGES.astype(np.float32)).numpy().mean((1, 2))
    np.testing.assert_allclose(loaded.network(_IMAGES), expected, rtol=1e-5)
    assert loaded.kernel is None and loaded.network.layers[-1].name == "features"


def test_images_are_preprocessed_as_told(tmp_path: Path) -> None:
    model = _classifier()
    loaded = keras_file.build(_save(model, tmp_path / "m.keras"), 0, "caffe")
    prepared = keras.applications.imagenet_utils.preprocess_input(_IMAGES.astype(np.float32), mode="caffe")
    np.testing.assert_allclose(loaded.network(_IMAGES), model(prepared), rtol=1e-5)


def test_a_nested_model_is_flat_and_keeps_its_names_and_can_be_trained(tmp_path: Path) -> None:
    base = _classifier(head=keras.layers.BatchNormalization(name="norm"))
    base.trainable = False
    images = keras.Input((16, 16, 3))
    x = base(keras.layers.Rescaling(1 / 255, name="preprocessing")(images), training=False)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(images, keras.layers.Dense(5, activation="softmax")(x))
    loaded = keras_file.build(_save(model, tmp_path / "m.keras"), 0, "none")
    names = [layer.name for layer in loaded.network.layers]
    assert names[:5] == ["images", "preprocessing", "preprocessing_1", "conv", "norm"]
    assert len(loaded.network.trainable_variables) == 4
    scores = _softmax(loaded.network(_IMAGES, training=False) @ loaded.kernel + loaded.bias)
    np.testing.assert_allclose(scores, model(_IMAGES.astype(np.float32), training=False), rtol=1e-5)


@pytest.mark.parametrize(("size", "asked", "expected"), [(16, 0, 16), (16, 16, 16), (None, 20, 20), (None, 0, 224)])
def test_size_of_the_images(tmp_path: Path, size: int | None, asked: int, expected: int) -> None:
    path = _save(_classifier(keras.layers.Dense(2), size=size), tmp_path / "m.keras")
    assert keras_file.build(path, asked, "none").network.input_shape == (None, expected, expected, 3)


def test_another_size_than_the_models_is_an_error(tmp_path: Path) -> None:
    path = _save(_classifier(), tmp_path / "m.keras")
    with pytest.raises(errors.UserError) as caught:
        keras_file.build(path, 20, "none")
    assert str(caught.value) == (
        f"`--image_size` must be that of the model. Received: --image_size=20 with --backbone=keras:{path}, which "
        "takes 16. Leave --image_size out."
    )


def test_a_network_of_ours_can_be_read_back(tmp_path: Path) -> None:
    network = small.build(16)
    loaded = keras_file.build(_save(network, tmp_path / "network.keras"), 0, "none")
    np.testing.assert_allclose(loaded.network(_IMAGES, training=False), network(_IMAGES, training=False), rtol=1e-5)


class _Doubled(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return x * 2


def _two_inputs() -> keras.Model:
    one, two = keras.Input((16, 16, 3)), keras.Input((16, 16, 3))
    return keras.Model([one, two], keras.layers.Add()([one, two]))


def _of(*layers: Any, shape: tuple[int | None, ...] = (16, 16, 3)) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *layers])


_WRONG = {
    "holds code, such as a Lambda layer, that is not run as it could do anything. Save it without such": lambda: _of(
        keras.layers.Lambda(lambda x: x * 2)
    ),
    "needs code that is not Keras' own: _Doubled. Save it with Keras' layers alone": lambda: _of(_Doubled()),
    "has 2 inputs and 1 outputs. Name one with one of each": _two_inputs,
    "takes (None, 16, 12, 3). Name one that takes square RGB images, (None, S, S, 3)": lambda: _of(
        keras.layers.Flatten(), shape=(16, 12, 3)
    ),
    "takes (None, 16, 16, 1). Name one that takes square RGB images, (None, S, S, 3)": lambda: _of(
        keras.layers.Flatten(), shape=(16, 16, 1)
    ),
    "takes (None, 7). Name one that takes square RGB images, (None, S, S, 3)": lambda: _of(
        keras.layers.Dense(2), shape=(7,)
    ),
    "gives (None, 4, 192). Name one that gives a vector or a map for an image": lambda: _of(
        keras.layers.Reshape((4, 192))
    ),
}


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("trouble", _WRONG)
def test_models_that_will_not_do_are_errors(tmp_path: Path, trouble: str, ending: str) -> None:
    path = _save(_WRONG[trouble](), tmp_path / f"m.{ending}")
    with pytest.raises(errors.UserError) as caught:
        keras_file.build(path, 0, "none")
    assert str(caught.value) == (
        "`--backbone` must name a model from images to classes or features. Received: "
        f"--backbone=keras:{path}, which {trouble}."
    )


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_what_keras_did_not_write_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a letter", "utf-8")
    with pytest.raises(errors.UserError, match="which Keras did not write. Name a file that model.save wrote"):
        keras_file.build(tmp_path / name, 0, "none")


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "m.keras", "w") as file:
        file.writestr("config.json", "{}")
    with pytest.raises(errors.UserError, match="m.keras, which cannot be read: "):
        keras_file.build(tmp_path / "m.keras", 0, "none")


def test_a_model_that_does_not_fit_the_asked_size_is_an_error(tmp_path: Path) -> None:
    path = _save(_classifier(keras.layers.Dense(2), size=None), tmp_path / "m.keras")
    with pytest.raises(errors.UserError) as caught:
        keras_file.build(path, 2, "none")
    assert str(caught.value) == (
        f"`--image_size` must be one that the model takes. Received: 2 pixels for --backbone=keras:{path}, which says: "
        "Computed output size would be zero or negative. Name another --image_size."
    )
