# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the predictor for TensorFlow Lite: it scores as the live model does, and the card tells how well."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from fakes import exported
from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf import model as model_lib
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.data import obtain, registry, zero_shot
from niwt_tf.export import export, tflite

_NO_IMAGES = config_lib.RunConfig(data=config_lib.DataConfig(dataset="folder", data_dir="/no/such/folder"))


@pytest.fixture(scope="module")
def live() -> model_lib.Model:
    return exported.model(config=_NO_IMAGES)


@pytest.fixture(scope="module")
def folder(live: model_lib.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "animals-tflite"
    export.export(live, out, "tflite", "animals")
    return out


@pytest.fixture(scope="module")
def predictor(folder: Path) -> tflite.Predictor:
    return tflite.Predictor((folder / "predictor.tflite").read_bytes())


def _split(labels: list[int], seed: int) -> zero_shot.Split:
    images = np.random.default_rng(seed).integers(0, 256, (len(labels), 8, 8, 3), np.uint8)
    return zero_shot.Split(tf.data.Dataset.from_tensor_slices(images), np.array(labels, np.int64))


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch) -> zero_shot.ZeroShotDataset:
    """Images of the model's classes, but the classes stand in another order, and one is none of the model's."""
    seen, unseen = exported.SEEN[::-1], ("Unicorn", *exported.UNSEEN)
    made = zero_shot.ZeroShotDataset(
        name="animals",
        seen=seen,
        unseen=unseen,
        validation=seen[:1],
        train=_split([0, 1, 2, 3], 0),
        test_seen=_split([0, 0, 1, 2, 3] * 3, 1),
        test_unseen=_split([4, 5, 6, 5] * 2, 2),
        descriptions=zero_shot.Descriptions(),
        split_version="by hand",
        split_sha256="ab" * 32,
    )
    monkeypatch.setattr(registry, "load", lambda config, size: made)
    return made


def test_scores_are_the_live_models(live: model_lib.Model, predictor: tflite.Predictor) -> None:
    images = exported.images(20)
    np.testing.assert_allclose(predictor(images), live.predict(images).scores, rtol=1e-4, atol=1e-4)


def test_labels_name_the_scores(live: model_lib.Model, folder: Path) -> None:
    lines = (folder / "labels.txt").read_text("utf-8").splitlines()
    assert [line.split("\t") for line in lines] == [
        [name, "seen" if name in exported.SEEN else "unseen"] for name in live.class_names
    ]


def test_file_takes_one_image_of_bytes(folder: Path) -> None:
    with pytest.warns(UserWarning, match="tf.lite.Interpreter is deprecated"):
        interpreter = tf.lite.Interpreter(str(folder / "predictor.tflite"))
    signature = interpreter.get_signature_list()["predict"]
    assert signature == {"inputs": ["images"], "outputs": ["scores"]}
    (taken,) = interpreter.get_input_details()
    assert (taken["shape"].tolist(), taken["dtype"]) == ([1, 8, 8, 3], np.uint8)


def test_without_the_runs_images_the_card_says_why(folder: Path) -> None:
    told = json.loads((folder / "model_card.json").read_text("utf-8"))["tflite"]
    assert told["measured"] is False and "/no/such/folder" in told["why"]
    assert "Its accuracy was not measured: " in (folder / "README.md").read_text("utf-8")


def _twin(dataset: zero_shot.ZeroShotDataset, name: str, predictions: list[str]) -> float:
    labels = [dataset.class_names[label] for label in getattr(dataset, name).labels]
    known = [one for one in dict.fromkeys(labels) if one != "Unicorn"]
    pairs = list(zip(labels, predictions, strict=True))
    return float(np.mean([np.mean([found == one for own, found in pairs if own == one]) for one in known]))


def test_accuracies_are_those_on_the_runs_test_images(
    live: model_lib.Model, predictor: tflite.Predictor, dataset: zero_shot.ZeroShotDataset
) -> None:
    told, expected = tflite.measure(live, predictor), []
    for name in ("test_seen", "test_unseen"):
        images = np.stack(list(getattr(dataset, name).images.as_numpy_iterator()))
        expected.append(_twin(dataset, name, list(live.predict(images).classes)))
    assert told["tflite"] == told["model"]
    assert (told["measured"], told["images"], told["same_prediction"]) == (True, 15 + 6, 1.0)
    assert [told["model"]["seen_accuracy"], told["model"]["unseen_accuracy"]] == pytest.approx(expected)
    assert max(expected) > 0


def test_a_predictor_that_differs_is_told(live: model_lib.Model, dataset: zero_shot.ZeroShotDataset) -> None:
    wolf = np.eye(6)[3]
    told = tflite.measure(live, lambda images: np.tile(wolf, (len(images), 1)))  # type: ignore[arg-type]
    assert told["tflite"] == pytest.approx({"seen_accuracy": 0.25, "unseen_accuracy": 0.0, "harmonic_mean": 0.0})
    assert told["same_prediction"] < 1


def test_another_split_than_the_runs_is_not_measured(
    live: model_lib.Model, predictor: tflite.Predictor, dataset: zero_shot.ZeroShotDataset
) -> None:
    told = tflite.measure(dataclasses.replace(live, metrics={"split_sha256": "cd" * 32}), predictor)
    assert told["measured"] is False
    assert told["why"].startswith(f"The split must be the run's own, {'cd' * 32}. Received: by hand, {'ab' * 32}.")


def test_nothing_is_downloaded_to_measure(live: model_lib.Model, predictor: tflite.Predictor, tmp_path: Path) -> None:
    data = config_lib.DataConfig(dataset="awa2", data_dir=str(tmp_path), prepared_dir=str(tmp_path))
    away = dataclasses.replace(live, config=config_lib.RunConfig(data=data))
    told = tflite.measure(away, predictor)
    assert told["measured"] is False and "Not downloaded: https://" in told["why"]
    assert list(tmp_path.iterdir()) == []
    assert obtain._may_download.get()


class _Factors(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return tf.linalg.qr(x)[0]


def test_an_operation_that_is_lacking_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    images = keras.Input((8, 8, 3), dtype="uint8")
    conv = keras.layers.Conv2D(2, 3, name="conv")(keras.layers.Rescaling(1.0)(images))
    network = keras.Model(images, keras.layers.GlobalAveragePooling2D()(_Factors()(conv)))
    broken = exported.model(backbone_lib.Backbone(network, "conv"), config=_NO_IMAGES)
    with pytest.raises(errors.UserError) as told:
        export.export(broken, tmp_path / "out", "tflite")
    assert str(told.value) == (
        "`--format=tflite` takes a network of operations that TensorFlow Lite has. Received: one with Qr. Name another "
        "--format, such as savedmodel."
    )
    assert capfd.readouterr().err == "" and list(tmp_path.iterdir()) == []
