# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the linear classifier over a backbone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.backbones import backbone, classifier, small

_NAMES = ("Tarn Wren", "Élan Finch", "c")


def _classifier(unseen: tuple[str, ...] = (), layer: str = "conv3_norm") -> classifier.Classifier:
    rng = np.random.default_rng(0)
    network = small.build(16)
    for layer_ in network.layers:
        layer_.set_weights([rng.uniform(0.1, 1.0, weight.shape) for weight in layer_.get_weights()])
    kernel = rng.normal(size=(128, 3)).astype(np.float32)
    bias = rng.normal(size=3).astype(np.float32)
    return classifier.Classifier(backbone.Backbone(network, layer), kernel, bias, _NAMES, unseen)


def test_logits_by_hand() -> None:
    kernel = np.array([[1, 0, 2], [0, -1, 3]], np.float32)
    toy = classifier.Classifier(None, kernel, np.array([10, 20, 30], np.float32), _NAMES)  # type: ignore[arg-type]
    logits = toy.logits(np.array([[1, 2], [0, 0]], np.float32))
    assert logits.dtype == np.float32
    assert logits.tolist() == [[11, 18, 38], [10, 20, 30]]


def test_logits_of_a_row_alone_are_those_among_others() -> None:
    toy, features = _classifier(), np.random.default_rng(1).normal(size=(7, 128)).astype(np.float32)
    alone = np.concatenate([toy.logits(features[i : i + 1]) for i in range(7)])
    np.testing.assert_allclose(alone, toy.logits(features), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("unseen", [(), ("c",), ("Élan Finch", "c")])
def test_saved_classifier_comes_back_bit_for_bit(tmp_path: Path, unseen: tuple[str, ...]) -> None:
    saved = _classifier(unseen)
    saved.save(tmp_path)
    loaded = classifier.Classifier.load(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"network.keras", "classifier.npz"}
    assert loaded.kernel.dtype == loaded.bias.dtype == np.float32
    assert loaded.kernel.tobytes() == saved.kernel.tobytes()
    assert loaded.bias.tobytes() == saved.bias.tobytes()
    assert (loaded.class_names, loaded.unseen, loaded.backbone.layer) == (_NAMES, unseen, "conv3_norm")
    assert type(loaded.class_names[0]) is str


def test_loaded_network_gives_the_same_bits(tmp_path: Path) -> None:
    saved = _classifier()
    saved.save(tmp_path)
    loaded = classifier.Classifier.load(tmp_path)
    images = np.random.default_rng(2).integers(0, 256, (7, 16, 16, 3), np.uint8)
    features = saved.backbone.network(images, training=False).numpy()
    assert loaded.backbone.network(images, training=False).numpy().tobytes() == features.tobytes()
    activations = saved.backbone.trunk(images, training=False)
    np.testing.assert_array_equal(loaded.backbone.trunk(images, training=False), activations)
    np.testing.assert_array_equal(loaded.backbone.head(activations, training=False), features)


def test_saving_over_an_old_classifier_replaces_it(tmp_path: Path) -> None:
    _classifier(("c",)).save(tmp_path)
    _classifier(layer="conv2").save(tmp_path)
    loaded = classifier.Classifier.load(tmp_path)
    assert (loaded.unseen, loaded.backbone.layer) == ((), "conv2")


def test_load_runs_no_pickle(tmp_path: Path) -> None:
    saved = _classifier()
    saved.save(tmp_path)
    parts = dict(np.load(tmp_path / "classifier.npz")) | {"kernel": np.array([{}])}
    np.savez(tmp_path / "classifier.npz", **parts)
    with pytest.raises(
        ValueError, match="kernel.npy, which is not a complete array: it holds objects in place of numbers"
    ):
        classifier.Classifier.load(tmp_path)


def test_load_checks_the_layer(tmp_path: Path) -> None:
    _classifier().save(tmp_path)
    parts = dict(np.load(tmp_path / "classifier.npz")) | {"layer": "conv9"}
    np.savez(tmp_path / "classifier.npz", **parts)
    with pytest.raises(
        errors.UserError, match="classifier.npz, which names a layer that the network cannot be split at: conv9"
    ):
        classifier.Classifier.load(tmp_path)


class _Doubled(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return x * 2


def test_a_network_of_layers_that_nobody_registered_is_an_error(tmp_path: Path) -> None:
    images = keras.Input((8, 8, 3), dtype="uint8")
    x = keras.layers.Conv2D(2, 3, name="conv")(_Doubled()(keras.layers.Rescaling(1 / 255)(images)))
    network = keras.Model(images, keras.layers.GlobalAveragePooling2D()(x))
    saved = classifier.Classifier(
        backbone.Backbone(network, "conv"), np.ones((2, 3), np.float32), np.zeros(3, np.float32), _NAMES
    )
    saved.save(tmp_path)
    with pytest.raises(errors.UserError) as caught:
        classifier.Classifier.load(tmp_path)
    assert str(caught.value) == (
        f"A network must be made of layers that Keras knows. Received: {tmp_path / 'network.keras'}, which needs code "
        "that is not Keras' own: _Doubled. Register it in a file that import_module='mine.py' names or, in Python, "
        "import the module that registers it."
    )
    with keras.saving.custom_object_scope({"_Doubled": _Doubled}):
        assert classifier.Classifier.load(tmp_path).backbone.layer == "conv"
