# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the classifier at the end of a network: whatever it ends in, it scores as the network does, or is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from niwt_tf.backbones import own_classifier

_CLASSES = 5
_IMAGES = np.random.default_rng(0).uniform(-1, 1, (6, 8, 8, 3)).astype(np.float32)
_layers = keras.layers


def _dense(**options: Any) -> Callable[[Any], Any]:
    return lambda x: _layers.Dense(_CLASSES, name="top", **options)(_layers.GlobalAveragePooling2D()(x))


def _conv(**options: Any) -> Callable[[Any], Any]:
    return lambda x: _layers.Conv2D(_CLASSES, 1, name="top", **options)(x)


def _gap(keepdims: bool = False) -> keras.layers.Layer:
    return _layers.GlobalAveragePooling2D(keepdims=keepdims)


def _network(*ends: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Returns the input and the output of a network with random weights, norms' included."""
    x = images = keras.Input((8, 8, 3))
    x = _layers.Conv2D(4, 3, activation="relu")(x)
    for end in ends:
        x = end(x)
    model = keras.Model(images, x)
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, np.prod(w.shape[:-1]) ** -0.5, w.shape) for w in model.get_weights()])
    for layer in model.layers:
        if isinstance(layer, _layers.BatchNormalization):
            layer.moving_variance.assign(rng.uniform(0.5, 2, _CLASSES))
    return images, x


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


_SOFTMAXES = {
    "in the layer": (_dense(activation="softmax"),),
    "an activation": (_dense(), _layers.Activation("softmax")),
    "a layer": (_dense(), _layers.Softmax()),
    "an operation": (_dense(), keras.ops.softmax),
    "an activation's function": (_dense(), keras.activations.softmax),
    "no bias": (_dense(use_bias=False), _layers.Softmax()),
    "dropout and identity": (_dense(), _layers.Dropout(0.5), _layers.Identity(), _layers.Softmax(), _layers.Identity()),
    "a norm": (_dense(), _layers.BatchNormalization(), _layers.Softmax()),
    "a temperature": (_dense(), _layers.Rescaling(0.5), _layers.Softmax()),
    "a temperature by an operation": (_dense(), lambda x: x / 3.0 + 1.0, _layers.Softmax()),
    "a shape": (_dense(), _layers.Reshape((1, _CLASSES)), _layers.Flatten(), _layers.Softmax()),
    "a convolution behind the pooling": (_gap(True), _conv(), _layers.Flatten(), _layers.Softmax()),
    "a convolution before the pooling": (_conv(), _gap(), _layers.Softmax()),
    "a convolution without a vector": (_gap(True), _conv(), _layers.Softmax()),
    "a convolution and a norm": (_conv(), _layers.BatchNormalization(), _gap(), _layers.Softmax()),
    "a convolution of all positions": (
        lambda x: _layers.Conv2D(_CLASSES, 6, name="top")(x),
        _layers.Flatten(),
        _layers.Softmax(),
    ),
    "a dense layer at each position": (
        lambda x: _layers.Dense(_CLASSES, name="top")(x),
        _layers.AveragePooling2D(6),
        _layers.Flatten(),
        _layers.Softmax(),
    ),
    "a dense layer at each token": (
        _layers.Reshape((36, 4)),
        lambda x: _layers.Dense(_CLASSES, name="top")(x),
        _layers.GlobalAveragePooling1D(),
        _layers.Softmax(),
    ),
}
_LOGITS = {
    "a dense layer": (_dense(),),
    "a norm": (_dense(), _layers.BatchNormalization()),
    "a convolution": (_conv(), _gap()),
    "a convolution that is flattened": (_gap(True), _conv(), _layers.Flatten()),
    "a convolution of one position": (_gap(True), _conv()),
}


def _scores(images: Any, found: own_classifier.NetworkEnd) -> np.ndarray:
    assert found.kernel is not None and found.bias is not None and found.why_none == ""
    assert (found.kernel.dtype, found.bias.dtype) == (np.float32, np.float32)
    features = keras.Model(images, found.features)(_IMAGES, training=False).numpy()
    assert features.ndim == 2
    return features @ found.kernel + found.bias


@pytest.mark.parametrize("kind", _SOFTMAXES)
def test_a_softmax_is_of_the_logits(kind: str) -> None:
    images, output = _network(*_SOFTMAXES[kind])
    given = keras.Model(images, output)(_IMAGES, training=False).numpy().reshape(6, _CLASSES)
    found = own_classifier.find(output)
    assert found.scores == "softmax"
    np.testing.assert_allclose(_softmax(_scores(images, found)), given, rtol=1e-4, atol=1e-6)
    assert given.std(0).min() > 1e-4  # images differ, so that features count


@pytest.mark.parametrize("kind", _LOGITS)
def test_logits_are_those_of_the_network(kind: str) -> None:
    images, output = _network(*_LOGITS[kind])
    given = keras.Model(images, output)(_IMAGES, training=False).numpy().reshape(6, _CLASSES)
    found = own_classifier.find(output)
    assert found.scores == ""
    np.testing.assert_allclose(_scores(images, found), given, rtol=1e-4, atol=1e-5)


def test_logarithms_of_a_softmax_are_scores() -> None:
    images, output = _network(_dense(), keras.ops.log_softmax)
    found = own_classifier.find(output)
    assert found.scores == "log_softmax"
    given = keras.Model(images, output)(_IMAGES).numpy()
    np.testing.assert_allclose(_softmax(_scores(images, found)), np.exp(given), rtol=1e-4)


_FEATURES = {
    "gives features alone: it ends in map (Identity)": (_layers.Identity(name="map"),),
    "gives features alone: it ends in top (Dense, relu)": (_dense(activation="relu"),),
    "gives features alone: it ends in relu (ReLU)": (_dense(), _layers.ReLU(name="relu")),
    "gives features alone: it ends in unit (UnitNormalization)": (_dense(), _layers.UnitNormalization(name="unit")),
    "gives features alone: it ends in top (Conv2D)": (_conv(),),
    "gives features alone: it ends in pool (GlobalAveragePooling2D)": (
        _conv(),
        _layers.BatchNormalization(),
        _layers.GlobalAveragePooling2D(name="pool"),
    ),
    "gives features alone: it ends in out (Add)": (lambda x: _layers.Add(name="out")([x, x]),),
}


@pytest.mark.parametrize("why", _FEATURES)
def test_what_gives_no_scores_gives_features_as_they_are(why: str) -> None:
    images, output = _network(*_FEATURES[why])
    found = own_classifier.find(output)
    assert (found.kernel, found.scores) == (None, "")
    assert found.why_none == why
    given, features = (keras.Model(images, one)(_IMAGES, training=False).numpy() for one in (output, found.features))
    np.testing.assert_allclose(features, given.mean((1, 2)) if given.ndim == 4 else given, rtol=1e-5)


_NOT_TAKEN = {
    "has relu (ReLU), which is not linear, between its last weights, top (Conv2D), and its scores": (
        _conv(),
        _layers.Dropout(0.5),
        _layers.ReLU(name="relu"),
        _gap(),
        _layers.Softmax(),
    ),
    "has cap (Activation, tanh), which is not linear, between its last weights, top (Dense), and its scores": (
        _dense(),
        _layers.Activation("tanh", name="cap"),
        _layers.Softmax(),
    ),
    "has the activation relu behind its last weights, top (Dense, relu)": (
        _dense(activation="relu"),
        _layers.Softmax(),
    ),
    "has more than one position, or a mixture of classes, between its last weights, top (Conv2D), and its scores": (
        _conv(),
        _layers.Flatten(),
        _layers.Softmax(),
    ),
    "has two layers that turn logits into scores, top (Dense, softmax) and again (Softmax)": (
        _dense(activation="softmax"),
        _layers.Softmax(name="again"),
    ),
    "changes its scores once more behind soft (Softmax), up to half (Rescaling)": (
        _dense(),
        _layers.Softmax(name="soft"),
        _layers.Rescaling(0.5, name="half"),
    ),
    "scores 5 labels independently, by a sigmoid, as if an image had several or none; each image must have one class": (
        _dense(activation="sigmoid"),
    ),
    "has a single output, as if two classes shared it; each class needs an output of its own": (
        _gap(),
        lambda x: _layers.Dense(1, activation="sigmoid")(x),
    ),
    "scores classes by sparsemax, which is not a softmax": (_dense(), keras.ops.sparsemax),
}


@pytest.mark.parametrize("why", _NOT_TAKEN)
def test_of_what_cannot_be_taken_the_features_are_before_the_last_weights(why: str) -> None:
    images, output = _network(*_NOT_TAKEN[why])
    found = own_classifier.find(output)
    assert (found.kernel, found.bias) == (None, None)
    assert found.why_none == why
    assert found.features.shape == (None, 4)  # of the first convolution, not of the classes
    keras.Model(images, found.features)


@pytest.mark.parametrize(
    ("ends", "trouble"),
    [
        (
            (
                _dense(),
                lambda x: _layers.Subtract(name="less")([x, keras.ops.mean(x, 1, keepdims=True)]),
                keras.ops.softmax,
            ),
            "but takes their logits from less (Subtract), which is no dense layer or 1x1 convolution",
        ),
        (
            (lambda x: _layers.Conv2D(_CLASSES, 3, name="wide")(x), _gap(), _layers.Softmax()),
            "but takes their logits from wide (Conv2D), which is no dense layer or 1x1 convolution",
        ),
    ],
)
def test_scores_without_weights_to_be_told_are_an_error(ends: tuple[Any, ...], trouble: str) -> None:
    with pytest.raises(own_classifier.NoFeaturesError) as caught:
        own_classifier.find(_network(*ends)[1])
    assert caught.value.args[0].startswith("scores classes by softmax") and trouble in caught.value.args[0]
    assert "get_layer" in caught.value.args[1]
