# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of backbones by name: which module answers, and what the settings change."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import keras
import numpy as np
import pytest

import niwt_tf.backbones
from niwt_tf import config, errors
from niwt_tf.backbones import build, split_points


def _classifier(path: Path) -> Path:
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            keras.layers.Conv2D(4, 3, name="first"),
            keras.layers.Conv2D(5, 3, name="second"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.save(path)
    return path


def _offset(network: keras.Model) -> float:
    """Returns what preprocessing adds, having scaled the images."""
    return network.get_layer("preprocessing").get_config()["offset"]


def test_small_starts_without_weights() -> None:
    started = build.build(config.BackboneConfig())
    assert (started.backbone.layer, started.backbone.image_size) == ("conv4", 64)
    assert (started.is_trained, started.kernel, started.bias) == (False, None, None)
    changed = build.build(config.BackboneConfig(image_size=24, layer="conv3")).backbone
    assert (changed.layer, changed.image_size) == ("conv3", 24)


def test_a_file_comes_with_its_classifier_and_its_last_convolution(tmp_path: Path) -> None:
    name = f"keras:{_classifier(tmp_path / 'm.keras')}"
    started = build.build(config.BackboneConfig(backbone=name))
    assert (started.backbone.layer, started.is_trained) == ("second", True)
    assert started.kernel is not None and started.kernel.shape == (5, 2)
    assert started.bias is not None and started.bias.shape == (2,)
    assert _offset(started.backbone.network) == 0
    changed = build.build(config.BackboneConfig(backbone=name, layer="first", preprocessing="tf")).backbone
    assert (changed.layer, _offset(changed.network)) == ("first", -1)


def test_a_network_of_keras_has_its_own_layer_size_and_preprocessing() -> None:
    started = build.build(config.BackboneConfig(backbone="mobilenet", weights="none"))
    assert (started.backbone.layer, started.backbone.image_size) == ("conv_pw_13_relu", 224)
    assert _offset(started.backbone.network) == -1
    assert not started.is_trained


def test_hub_answers_for_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = types.ModuleType("niwt_tf.backbones.hub")
    fake.build = lambda settings: ("from hub", settings.backbone)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "niwt_tf.backbones.hub", fake)
    monkeypatch.setattr(niwt_tf.backbones, "hub", fake, raising=False)
    name = "hub:https://tfhub.dev/google/imagenet/resnet_v2_50/feature_vector/5"
    assert build.build(config.BackboneConfig(backbone=name)) == ("from hub", name)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "smal"}, "Received: backbone='smal'. Did you mean 'small'?"),
        (
            {"backbone": "keras:/none/m.keras"},
            "`backbone` must name an existing file or folder. Received: backbone='keras:/none/m.keras', where "
            "/none/m.keras does not exist. Name an existing file or folder.",
        ),
        (
            {"backbone": "mobilenet", "weights": "/none/w.h5"},
            "`weights` must name an existing file or folder. Received: weights='/none/w.h5', where /none/w.h5 does not "
            "exist. Name an existing file or folder.",
        ),
        ({"layer": "conv9"}, "Received: layer='conv9'. Did you mean 'conv4'?"),
    ],
)
def test_mistakes_are_errors(changes: dict[str, str], message: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        build.build(config.BackboneConfig(**changes))  # type: ignore[arg-type]
    assert str(caught.value).endswith(message)


def test_layers_are_listed_without_weights_and_whatever_layer_is_asked_for() -> None:
    text = build.layers(config.BackboneConfig(backbone="mobilenet", image_size=32, layer="conv1"))
    rows = [line for line in text.splitlines() if "the default" in line]
    assert len(rows) == 1 and rows[0].split()[:6] == ["conv_pw_13_relu", "1", "x", "1", "x", "1024"]
    small = build.build(config.BackboneConfig()).backbone
    assert build.layers(config.BackboneConfig(layer="none")) == split_points.table(small.network, "conv4")


def test_the_same_file_gives_the_same_network(tmp_path: Path) -> None:
    name = f"keras:{_classifier(tmp_path / 'm.keras')}"
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8)
    first, second = (build.build(config.BackboneConfig(backbone=name)).backbone for _ in range(2))
    np.testing.assert_array_equal(first.network(images), second.network(images))
    assert [layer.name for layer in first.network.layers] == [layer.name for layer in second.network.layers]
