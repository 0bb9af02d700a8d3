# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of predictors for clients: each runtime gives the live model's scores, for images of any size, or refuses."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from fakes import exported, hub_image
from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import hub
from niwt_tf.export import agreement, client, export, target
from niwt_tf.models import model as model_lib

_NO_IMAGES = config_lib.RunConfig(data=config_lib.DataConfig(dataset="folder", data_dir="/no/such/folder"))
_SIZES = [(8, 8), (16, 24), (31, 20), (6, 50), (5, 7), (400, 300)]
_FILES = {
    "litert": ["predictor.tflite"],
    "onnx": ["predictor.onnx"],
    "openvino": ["predictor.bin", "predictor.xml"],
}


def _needs(format: str) -> str:
    """Skips what asks for a format whose converter is not installed."""
    try:
        return target.require_format(format)
    except errors.UserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def live() -> model_lib.Model:
    return exported.model(config=_NO_IMAGES)


@pytest.fixture(scope="module", params=["litert", "onnx", "openvino"])
def format(request: pytest.FixtureRequest) -> str:
    return _needs(request.param)


@pytest.fixture(scope="module")
def folder(live: model_lib.Model, format: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "animals"
    export.export(live, out, format, "animals")
    return out


@pytest.fixture(scope="module")
def predictor(folder: Path, format: str) -> agreement.Predictor:
    one = client.CLIENTS[format]
    return one.load(folder / one.file)


def test_files_are_the_predictor_its_labels_and_the_card(folder: Path, format: str) -> None:
    expected = ["README.md", "labels.txt", "model_card.json", *_FILES[format]]
    assert sorted(path.name for path in folder.iterdir()) == expected
    assert [path.name for path in folder.parent.iterdir()] == ["animals"]


@pytest.mark.parametrize("size", _SIZES)
def test_scores_of_32_images_are_the_live_models(
    live: model_lib.Model, predictor: agreement.Predictor, size: tuple[int, int]
) -> None:
    images = exported.images(32, *size)
    found, expected = predictor(images), live.predict(images).scores
    assert found.dtype == np.float32 and len({*expected.argmax(1)}) > 2
    assert np.abs(found - expected).max() <= 1e-3 * np.ptp(expected)
    np.testing.assert_array_equal(found.argmax(1), expected.argmax(1))


def test_any_number_of_images_will_do(live: model_lib.Model, predictor: agreement.Predictor) -> None:
    for count in (1, 3):
        images = exported.images(count, 9, 12)
        np.testing.assert_allclose(predictor(images), live.predict(images).scores, atol=0.01)


@pytest.mark.parametrize("shape", [(1, 8, 8, 1), (1, 8, 8, 4), (1, 8, 8)])
def test_anything_but_a_batch_of_colour_images_is_refused(
    folder: Path, format: str, shape: tuple[int, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    predictor = client.CLIENTS[format].load(folder / client.CLIENTS[format].file)
    with pytest.raises(Exception):  # noqa: B017, as each runtime has errors of its own
        predictor(np.zeros(shape, np.uint8))
    capfd.readouterr()


def test_labels_name_the_scores(live: model_lib.Model, folder: Path) -> None:
    lines = (folder / "labels.txt").read_text("utf-8").splitlines()
    assert [line.split("\t") for line in lines] == [
        [name, "seen" if name in exported.SEEN else "unseen"] for name in live.class_names
    ]


def test_the_file_itself_holds_the_classes_names(live: model_lib.Model, folder: Path, format: str) -> None:
    path = folder / client.CLIENTS[format].file
    if format == "litert":
        inside = zipfile.ZipFile(path).read("labels.txt")
        assert inside == (folder / "labels.txt").read_bytes()
        return
    if format == "onnx":
        import onnxruntime

        names = onnxruntime.InferenceSession(path).get_modelmeta().custom_metadata_map["class_names"]
    else:
        import openvino

        names = openvino.Core().read_model(path).get_rt_info(["class_names"]).astype(str)
    assert json.loads(names) == list(live.class_names)


def test_the_card_has_the_format_the_check_and_the_reason_why_nothing_was_measured(folder: Path, format: str) -> None:
    card = json.loads((folder / "model_card.json").read_text("utf-8"))
    assert card["format"] == format and card["signatures"] is None
    check = card["client"]["check"]
    assert check["images"] == 32 and check["difference"] <= check["bound"] * check["spread"]
    assert card["client"]["accuracy"]["measured"] is False
    assert "Its accuracy was not measured: " in (folder / "README.md").read_text("utf-8")


def test_the_cards_lines_run_as_they_stand(
    live: model_lib.Model, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (lines,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(folder)
    images = exported.images(5, 20, 31)
    names: dict[str, Any] = {"images": images}
    exec(lines, names)  # noqa: S102
    assert names["classes"] == list(live.predict(images).classes)
    capfd.readouterr()


def test_litert_takes_the_networks_size_by_default_and_another_only_when_resized(
    live: model_lib.Model, tmp_path: Path
) -> None:
    _needs("litert")
    from ai_edge_litert import interpreter

    export.export(live, tmp_path / "old", "tflite")
    predictor = interpreter.Interpreter(str(tmp_path / "old" / "predictor.tflite"))
    assert predictor.get_signature_list() == {"predict": {"inputs": ["images"], "outputs": ["scores"]}}
    (input_details,), (output_details,) = predictor.get_input_details(), predictor.get_output_details()
    assert (input_details["shape"].tolist(), input_details["dtype"]) == ([1, 8, 8, 3], np.uint8)

    def scores(images: np.ndarray) -> np.ndarray:
        predictor.allocate_tensors()
        predictor.set_tensor(input_details["index"], images)
        predictor.invoke()
        return predictor.get_tensor(output_details["index"])

    own, other = exported.images(1), exported.images(1, 30, 20)
    np.testing.assert_allclose(scores(own), live.predict(own).scores, atol=0.01)
    with pytest.raises(ValueError, match="Got 30 but expected 8"):
        scores(other)
    predictor.resize_tensor_input(input_details["index"], other.shape)
    np.testing.assert_allclose(scores(other), live.predict(other).scores, atol=0.01)


def test_a_predictor_that_differs_is_not_kept(
    live: model_lib.Model, format: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = client.CLIENTS[format]

    def convert(model: model_lib.Model, path: Path) -> None:
        for name in _FILES[format]:
            shutil.copy(folder / name, path.with_name(name))

    monkeypatch.setitem(client.CLIENTS, format, dataclasses.replace(one, convert=convert))
    export.export(live, tmp_path / "as it is", format)
    shutil.rmtree(tmp_path / "as it is")
    other = exported.model(config=_NO_IMAGES, seed=1)
    with pytest.raises(
        errors.UserError, match=f"exported as {one.title} must .* Received: a difference of .* for a spr"
    ):
        export.export(other, tmp_path / "out", format)
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_a_runtime_is_reported(
    live: model_lib.Model, format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(path: Path) -> agreement.Predictor:
        raise RuntimeError("The file is broken.\nIn line 3.")

    one = dataclasses.replace(client.CLIENTS[format], convert=lambda model, path: path.touch(), load=load)
    monkeypatch.setitem(client.CLIENTS, format, one)
    with pytest.raises(errors.UserError) as raised:
        export.export(live, tmp_path / "out", format)
    assert str(raised.value) == (
        f"A network exported as {one.title} must be converted and run without an error. Received: The file is broken. "
        "Choose another format, such as savedmodel."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_network_of_tensorflow_hub_is_converted_and_nothing_is_printed_but_the_check(
    format: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = hub_image.save(tmp_path / "hub")
    live = exported.model(hub.build(config_lib.BackboneConfig(backbone=f"hub:{path}")).backbone, config=_NO_IMAGES)
    capfd.readouterr()
    export.export(live, tmp_path / "out", format)
    card = json.loads((tmp_path / "out" / "model_card.json").read_text("utf-8"))
    assert card["client"]["check"]["same_prediction"] == 1
    out, err = capfd.readouterr()
    assert err == "" and len(out.splitlines()) == 2
    assert re.match(
        r"  checked with .* on 32 sample images: scores differ from the live model's by at most \de-\d\d of", out
    )


class _Factors(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return tf.linalg.qr(x)[0]


def test_an_unsupported_operation_is_an_error(format: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    images = keras.Input((8, 8, 3), dtype="uint8")
    conv = keras.layers.Conv2D(2, 3, name="conv")(keras.layers.Rescaling(1.0)(images))
    network = keras.Model(images, keras.layers.GlobalAveragePooling2D()(_Factors()(conv)))
    broken = exported.model(backbone_lib.Backbone(network, "conv"), config=_NO_IMAGES)
    with pytest.raises(errors.UserError) as raised:
        export.export(broken, tmp_path / "out", format)
    title = client.CLIENTS[format].title
    start = f"A network exported as {title} must consist of operations that {title} supports. Received: a network with "
    assert str(raised.value) == f"{start}Qr. Choose another format, such as savedmodel."
    assert capfd.readouterr().err == "" and list(tmp_path.iterdir()) == []
