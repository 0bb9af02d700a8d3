# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what niwt_tf writes, opened by Keras in a process without niwt_tf, and of files of before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pytest

from fakes import exported, models
from niwt_tf import config
from niwt_tf.backbones import backbone, build, classifier, network_file, preprocessing
from niwt_tf.models import model as model_lib

_SIZE = 32
_IMAGES = np.random.default_rng(0).integers(0, 256, (5, _SIZE, _SIZE, 3), np.uint8)
_ALONE = """
import io, pathlib, sys, zipfile
import keras, numpy as np

folder = pathlib.Path(sys.argv[1])
for path in sorted(folder.glob("*/*.keras")):
    model = keras.saving.load_model(path)
    given = np.load(path.with_suffix(".given.npy"))
    np.save(path.with_suffix(".alone.npy"), model.predict(given, verbose=0))
    print(path.relative_to(folder), model.input.dtype)
with zipfile.ZipFile(folder / "small" / "bundle.keras") as bundle:
    classifier = np.load(io.BytesIO(bundle.read("niwt/transfer/classifier.npz")))
print(*classifier["class_names"])
assert "niwt_tf" not in sys.modules
"""


def _own(path: Path) -> Path:
    """Returns the file of a user's classifier."""
    images = keras.Input((_SIZE, _SIZE, 3))
    x = keras.layers.Conv2D(6, 3, 2, activation="relu", name="conv")(images)
    x = keras.layers.GlobalAveragePooling2D()(x + 0.5 * x)
    keras.Model(images, keras.layers.Dense(3, activation="softmax")(x)).save(path)
    return path


def _of_before(mode: str) -> keras.Model:
    """Returns a network as niwt_tf built it before, on a layer of its own."""
    images = keras.Input((_SIZE, _SIZE, 3), dtype="uint8", name="images")
    x = preprocessing.Preprocessing(mode, name="preprocessing")(images)
    x = keras.layers.Conv2D(6, 3, 2, activation="relu", name="conv")(x)
    return keras.Model(images, keras.layers.GlobalAveragePooling2D(name="features")(x), name="before")


def _from_before(folder: Path) -> backbone.Backbone:
    path = folder.with_suffix(".keras")
    _of_before("caffe").save(path)
    return backbone.Backbone(network_file.load(path), "conv")


def _built(name: str, **values: str) -> Callable[[Path], backbone.Backbone]:
    settings = {"image_size": _SIZE, **values}
    return lambda _: build.build(config.BackboneConfig(backbone=name, **settings)).backbone


def _from_file(mode: str) -> Callable[[Path], backbone.Backbone]:
    def make(folder: Path) -> backbone.Backbone:
        path = _own(folder.with_suffix(".keras"))
        return build.build(config.BackboneConfig(backbone=f"keras:{path}", preprocessing=mode)).backbone

    return make


_NETWORKS = {
    "small": _built("small"),
    "mobilenet_v2, tf": _built("mobilenet_v2", weights="none"),
    **{f"file, {mode}": _from_file(mode) for mode in preprocessing.MODES},
    "of before": _from_before,
}


class _Opened(NamedTuple):
    """What the process without niwt_tf gave, and what it was to give: arrays by file, and its lines."""

    alone: dict[str, np.ndarray]
    expected: dict[str, np.ndarray]
    lines: list[str]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> _Opened:
    root, expected = tmp_path_factory.mktemp("files"), {}
    keras.utils.set_random_seed(0)

    def add(name: str, file: str, given: np.ndarray, gives: np.ndarray) -> None:
        np.save(root / name / f"{file}.given.npy", given)
        expected[f"{name}/{file}.keras"] = gives

    for name, make in _NETWORKS.items():
        folder = root / name
        folder.mkdir()
        model = exported.model(make(folder))
        model.save(folder / "bundle.keras")
        model.classifier.save(folder)
        add(name, "bundle", _IMAGES, model.predict(_IMAGES).scores)
        add(name, "network", _IMAGES, model.classifier.backbone.network(_IMAGES, training=False).numpy())
    maps = models.by_attributes()
    maps.forward.save(folder)
    maps.inverse.save(folder)
    importances = maps.forward(maps.knowledge.vectors)
    add(name, "forward", maps.knowledge.vectors, importances)
    add(name, "backward", importances, maps.inverse(importances))
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    answer = subprocess.run(
        [sys.executable, "-c", _ALONE, str(root)], cwd=root, env=environment, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    alone = {path.relative_to(root).as_posix(): np.load(path) for path in root.glob("*/*.alone.npy")}
    return _Opened(
        {path.replace(".alone.npy", ".keras"): given for path, given in alone.items()},
        expected,
        answer.stdout.splitlines(),
    )


@pytest.mark.slow
def test_keras_opens_every_file_without_niwt_tf_and_gives_the_same(opened: _Opened) -> None:
    assert sorted(opened.alone) == sorted(opened.expected)
    assert len(opened.alone) == 2 * len(_NETWORKS) + 2
    for path, expected in opened.expected.items():
        scale = np.abs(expected).max()
        assert scale > 0, path
        np.testing.assert_allclose(opened.alone[path] / scale, expected / scale, atol=1e-5, err_msg=path)


@pytest.mark.slow
def test_what_it_opens_takes_bytes_and_the_file_tells_the_classes(opened: _Opened) -> None:
    *files, names = opened.lines
    bytes_of = {line.split(".keras ")[1] for line in files if "ward" not in line}
    assert bytes_of == {"uint8"}
    assert tuple(names.split()) == exported.SEEN + exported.UNSEEN


@pytest.mark.parametrize("mode", preprocessing.MODES)
def test_a_run_of_before_is_read_and_gives_the_same_in_layers_of_keras(tmp_path: Path, mode: str) -> None:
    keras.utils.set_random_seed(0)
    network = _of_before(mode)
    before = classifier.Classifier(
        backbone.Backbone(network, "conv"), np.eye(6, 2, dtype=np.float32), np.zeros(2, np.float32), ("a", "b")
    )
    before.save(tmp_path)
    expected = network(_IMAGES).numpy()
    after = classifier.Classifier.load(tmp_path).backbone.network
    np.testing.assert_allclose(after(_IMAGES), expected, rtol=1e-5, atol=1e-5)
    assert all(type(operation).__module__.startswith("keras.") for operation in after.operations)
    assert [layer.name for layer in after.layers] == ["images", "preprocessing", "conv", "features"]
    assert (after.name, after.input.dtype) == ("before", "uint8")
    for one, other in zip(after.weights, network.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_bundle_of_before_is_read_and_written_in_layers_of_keras(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    model = exported.model(backbone.Backbone(_of_before("torch"), "conv"))
    model.save(tmp_path / "before.keras")
    after = model_lib.load(tmp_path / "before.keras")
    np.testing.assert_allclose(after.predict(_IMAGES).scores, model.predict(_IMAGES).scores, rtol=1e-4, atol=1e-5)
    kinds = {type(operation).__module__.partition(".")[0] for operation in after.classifier.backbone.network.operations}
    assert kinds == {"keras"}


def test_a_network_of_before_is_a_network_of_the_users_too(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    inner = _of_before("caffe")
    images = keras.Input((_SIZE, _SIZE, 3))
    keras.Model(images, keras.layers.Dense(2)(inner(images))).save(tmp_path / "own.keras")
    expected = inner(_IMAGES).numpy()
    network = build.build(config.BackboneConfig(backbone=f"keras:{tmp_path / 'own.keras'}")).backbone.network
    np.testing.assert_allclose(network(_IMAGES), expected, rtol=1e-5, atol=1e-5)
    assert all(type(operation).__module__.startswith("keras.") for operation in network.operations)


def test_a_network_that_niwt_tf_wrote_is_a_network_of_the_users_too(tmp_path: Path) -> None:
    given, prepared = preprocessing.inputs(_SIZE, "caffe")
    x = keras.layers.Conv2D(4, 3, name="conv")(prepared)
    network = keras.Model(given, keras.layers.GlobalAveragePooling2D(name="features")(x))
    network.save(tmp_path / "network.keras")
    name = f"keras:{tmp_path / 'network.keras'}"
    again = build.build(config.BackboneConfig(backbone=name)).backbone.network
    np.testing.assert_allclose(again(_IMAGES), network(_IMAGES), rtol=1e-5, atol=1e-5)
