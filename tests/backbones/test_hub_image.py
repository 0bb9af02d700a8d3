# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of how an image model of TensorFlow Hub is called, what it takes and what it gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from fakes import hub_image as fake
from niwt_tf import errors
from niwt_tf.backbones import hub_image

_RULE = "`backbone='hub:...'` must name a model that turns N square RGB images [N,S,S,3] float32 into features [N,D]. "
_REMEDY = "Choose an image feature vector or an image classification model in the format of TensorFlow 2."


def _features(model: hub_image.ImageModel, name: str = "net/block/Relu") -> np.ndarray:
    trunk, head = model.graph.split(name)
    return head.function(trunk.function(_images(3, model.image_size))).numpy()


def _images(count: int, size: int = fake.SIZE) -> tf.Tensor:
    return tf.constant(fake.images(count, size) / np.float32(255))


def _save(path: Path, function: Any, spec: tf.TensorSpec) -> str:
    """Writes a model that is called with one tensor alone, and gives `function(a feature vector, tensor)`."""

    class Called(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = fake.FeatureVector()

        @tf.function(input_signature=[spec])
        def __call__(self, batch: tf.Tensor) -> Any:
            return function(self.model, batch)

    tf.saved_model.save(Called(), str(path))
    return str(path)


def _spec(*shape: int | None, dtype: tf.DType = tf.float32) -> tf.TensorSpec:
    return tf.TensorSpec(shape, dtype)


@pytest.mark.parametrize(
    "change",
    [
        lambda features: {"default": features, "logits": features[:, :2]},
        lambda features: {"feature_vector": features, "logits": features[:, :2]},
        lambda features: {"whatever": features},
        lambda features: [features],
    ],
)
def test_outputs_that_are_not_a_tensor(tmp_path: Path, change: Any) -> None:
    model = hub_image.load(str(fake.save(tmp_path / "model", fake.FeatureVector(change))))
    expected = fake.FeatureVector()(_images(3), training=False)
    np.testing.assert_allclose(_features(model), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [0, 64])
def test_a_model_of_any_size_takes_the_requested_size(tmp_path: Path, size: int) -> None:
    model = hub_image.load(str(fake.save(tmp_path / "model", size=None)), size)
    assert model.image_size == (size or 224)
    expected = fake.FeatureVector()(_images(3, model.image_size), training=False)
    np.testing.assert_allclose(_features(model), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [0, fake.SIZE])
def test_a_model_of_one_size_says_so(tmp_path: Path, size: int) -> None:
    assert hub_image.load(str(fake.save(tmp_path / "model")), size).image_size == fake.SIZE


def test_another_size_than_the_models_is_an_error(tmp_path: Path) -> None:
    path = fake.save(tmp_path / "model")
    with pytest.raises(errors.UserError) as caught:
        hub_image.load(str(path), 64)
    assert str(caught.value) == (
        f"`image_size` must be the size that the model takes. Received: image_size=64 with backbone='hub:{path}', "
        "which takes 96 pixels. Leave image_size out."
    )


def test_inference_is_what_is_split(tmp_path: Path) -> None:
    class Other(fake.FeatureVector):
        @tf.function
        def __call__(self, images: tf.Tensor, training: bool = True) -> tf.Tensor:
            features = tf.reduce_mean(self._head(self._stem(images, False)), (1, 2))
            return features * 0 if training else features

    assert np.abs(_features(hub_image.load(str(fake.save(tmp_path / "model", Other()))), "block/Relu")).max() > 0


def test_a_model_that_takes_images_alone_is_called_so(tmp_path: Path) -> None:
    path = _save(tmp_path / "model", lambda model, images: model(images), _spec(None, 96, 96, 3))
    expected = fake.FeatureVector()(_images(3), training=False)
    np.testing.assert_allclose(_features(hub_image.load(path)), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["default", "serving_default"])
def test_a_signature_does_where_a_model_cannot_be_called(tmp_path: Path, name: str) -> None:
    model = tf.train.Checkpoint(model=fake.FeatureVector())
    function = tf.function(lambda pixels: {"out": model.model(pixels)}).get_concrete_function(_spec(None, 96, 96, 3))
    tf.saved_model.save(model, str(tmp_path), signatures={name: function})
    loaded = hub_image.load(str(tmp_path))
    expected = fake.FeatureVector()(_images(3), training=False)
    np.testing.assert_allclose(_features(loaded), expected, rtol=1e-5, atol=1e-6)
    assert len(loaded.trainable) == 5, "what may be trained is known of each variable"


@pytest.mark.parametrize(
    ("function", "spec", "trouble"),
    [
        (lambda model, x: x, _spec(None, dtype=tf.string), "takes string (None,)"),
        (lambda model, x: tf.cast(x, tf.float32), _spec(None, 96, 96, 3, dtype=tf.uint8), "takes uint8 (None, 96, "),
        (lambda model, x: x, _spec(1, 96, 96, 3), "takes float32 (1, 96, 96, 3)"),
        (lambda model, x: x, _spec(None, 96, 64, 3), "takes float32 (None, 96, 64, 3)"),
        (lambda model, x: x, _spec(None, 96, 96, 1), "takes float32 (None, 96, 96, 1)"),
        (lambda model, x: x, _spec(None, 96), "takes float32 (None, 96)"),
        (lambda model, x: x[:, 0], _spec(None, 96, 96, 3), "gives float32 (None, 96, 3)"),
        (lambda model, x: tf.argmax(x[:, 0, 0], -1), _spec(None, 96, 96, 3), "gives int64 (None,)"),
        (
            lambda model, x: {"a": x, "b": x},
            _spec(None, 96, 96, 3),
            "fails on images of 96 x 96 pixels: several outputs, a, b, and none named ",
        ),
        (lambda model, x: tf.constant(0.0), _spec(), "takes float32 ()"),
    ],
)
def test_models_of_something_else_are_errors(tmp_path: Path, function: Any, spec: tf.TensorSpec, trouble: str) -> None:
    path = _save(tmp_path / "model", function, spec)
    with pytest.raises(errors.UserError) as caught:
        hub_image.load(path)
    message = str(caught.value)
    assert message.startswith(f"{_RULE}Received: backbone='hub:{path}', which {trouble}")
    assert message.endswith(_REMEDY) and "\n" not in message


def test_several_outputs_are_named(tmp_path: Path) -> None:
    change = fake.FeatureVector(lambda features: {"b": features, "a": features})
    with pytest.raises(errors.UserError, match="several outputs, a, b, and none named default or feature_vector"):
        hub_image.load(str(fake.save(tmp_path / "model", change)))


def test_a_model_without_a_way_to_call_it_is_an_error(tmp_path: Path) -> None:
    tf.saved_model.save(tf.train.Checkpoint(table=tf.Variable(1.0)), str(tmp_path))
    with pytest.raises(errors.UserError, match="cannot be called and has no signature default or serving_default"):
        hub_image.load(str(tmp_path))
