# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the names of backbones, and of settings that they do not take."""

from __future__ import annotations

import subprocess
import sys

import keras
import pytest

from niwt_tf import config, errors
from niwt_tf.backbones import preprocessing
from niwt_tf.config import networks


def test_every_network_of_keras_is_in_the_table_once() -> None:
    constructors = [name for name in dir(keras.applications) if name[0].isupper()]
    assert sorted(family.constructor for family in networks.FAMILIES.values()) == sorted(constructors)


def test_names_are_those_of_keras_in_small_letters() -> None:
    for name, family in networks.FAMILIES.items():
        assert name.replace("_", "") == family.constructor.lower()
        assert family.preprocessing in preprocessing.MODES


def test_without_keras_names_are_checked() -> None:
    code = "import sys; from niwt_tf import config; config.RunConfig(); print('keras' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


@pytest.mark.parametrize(
    "changes",
    [
        {"backbone": "small", "image_size": 8},
        {"backbone": "vgg16", "image_size": 224, "weights": "none", "preprocessing": "none"},
        {"backbone": "xception", "image_size": 71, "weights": "a/b.weights.h5"},
        {"backbone": "keras:a b.keras", "preprocessing": "caffe", "image_size": 10},
        {"backbone": "keras:a.h5"},
        {"backbone": "hub:https://tfhub.dev/a/1", "image_size": 96},
    ],
)
def test_valid_settings_pass(changes: dict[str, object]) -> None:
    config.check_network(config.BackboneConfig(**changes))
    config.RunConfig(backbone=config.BackboneConfig(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "resnet_50"}, "Received: --backbone=resnet_50. Did you mean 'resnet50'?"),
        ({"backbone": "vgg"}, "Received: --backbone=vgg. Did you mean 'vgg19'?"),
        (
            {"backbone": "keras:model.pb"},
            "`--backbone` must name a file of Keras after keras:, .keras, .h5 or .hdf5. Received: "
            "--backbone=keras:model.pb. Write one with model.save('model.keras').",
        ),
        (
            {"backbone": "small", "weights": "w.weights.h5"},
            "`--weights` must be for a network of keras.applications. Received: --weights=w.weights.h5 with "
            "--backbone=small, which starts without. Leave --weights out.",
        ),
        (
            {"backbone": "keras:m.keras", "weights": "none"},
            "`--weights` must be for a network of keras.applications. Received: --weights=none with "
            "--backbone=keras:m.keras, which brings its own. Leave --weights out.",
        ),
        (
            {"backbone": "resnet50", "weights": "imagent"},
            "`--weights` must be imagenet, none, or a file of weights, .h5 or .hdf5. Received: --weights=imagent. A "
            "whole model in a .keras file is --backbone=keras:PATH.",
        ),
        (
            {"preprocessing": "tf"},
            "`--preprocessing` must be auto for --backbone=small. Received: --preprocessing=tf. Leave --preprocessing "
            "out.",
        ),
        (
            {"backbone": "vgg16", "import_module": "mine.py"},
            "`--import_module` must be with --backbone=keras:PATH. Received: --import_module=mine.py with "
            "--backbone=vgg16, which needs no code of yours. Leave --import_module out.",
        ),
        (
            {"backbone": "vgg16", "image_size": 96},
            "`--image_size` must be 224 for --backbone=vgg16, whose dense layers take no other. Received: "
            "--image_size=96. Leave --image_size out.",
        ),
        (
            {"backbone": "xception", "image_size": 70},
            "`--image_size` must be at least 71 for --backbone=xception. Received: --image_size=70. Leave --image_size "
            "out for the backbone's own.",
        ),
        (
            {"image_size": 7},
            "`--image_size` must be at least 8 for --backbone=small. Received: --image_size=7. Leave --image_size out "
            "for the backbone's own.",
        ),
    ],
)
def test_settings_that_a_backbone_does_not_take_are_errors(changes: dict[str, object], message: str) -> None:
    settings = config.BackboneConfig(**changes)
    for check in (lambda: config.check_network(settings), lambda: config.RunConfig(backbone=settings)):
        with pytest.raises(errors.UserError) as caught:
            check()
        assert caught.value.as_flags().endswith(message)


@pytest.mark.parametrize("name", ["keras:", "hub:", "torch:model.pt"])
def test_forms_that_there_are_not_are_errors(name: str) -> None:
    with pytest.raises(errors.UserError, match="must be a name, keras:PATH or hub:HANDLE_OR_PATH"):
        config.RunConfig(backbone=config.BackboneConfig(backbone=name))
