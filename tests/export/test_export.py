# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of exports by format, and of networks that are more than layers of Keras."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from fakes import exported, hub_image
from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import hub
from niwt_tf.export import export
from niwt_tf.models import model as model_lib


def test_an_unknown_format_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError) as raised:
        export.export(exported.model(), tmp_path / "out", "savedmodell")
    assert str(raised.value) == (
        "`format` must be one of savedmodel, litert, onnx, openvino, keras. Received: format='savedmodell'. "
        "Did you mean 'savedmodel'?"
    )
    assert list(tmp_path.iterdir()) == []


def test_keras_is_a_bundle(tmp_path: Path) -> None:
    live = exported.model()
    export.export(live, tmp_path / "a" / "animals.keras", "keras")
    again = model_lib.load(tmp_path / "a" / "animals.keras")
    np.testing.assert_array_equal(again.predict(exported.images(5)).scores, live.predict(exported.images(5)).scores)


@pytest.mark.parametrize("format", ["keras", "savedmodel"])
def test_no_path_of_this_machine_leaves_it(format: str, tmp_path: Path) -> None:
    mine = tmp_path / "my animals"
    data = config_lib.DataConfig("folder", str(mine), str(tmp_path / "prepared"))
    domain = config_lib.DomainConfig(captions_dir=str(Path.home() / "captions"))
    metrics = {"domain_source": f"3 attributes: {tmp_path}/attributes.csv", "split_version": "by hand"}
    live = exported.model(config=config_lib.RunConfig(data=data, domain=domain), metrics=metrics)
    knowledge = dataclasses.replace(live.knowledge, source=f"3 attributes: {mine}/attributes.csv; 2 missing")
    out = tmp_path / f"out.{format}"
    export.export(dataclasses.replace(live, knowledge=knowledge), out, format)
    parts = [content for file in (out, *out.rglob("*")) if file.is_file() for content in _contents(file)]
    assert any(b"animals/attributes.csv; 2 missing" in part or b"my animals" in part for part in parts)
    assert [place for place in (tmp_path, Path.home()) for part in parts if str(place).encode() in part] == []


def _contents(file: Path) -> Iterator[bytes]:
    """Read a file, and the members of an archive and of the archives in it, unpacked."""
    yield file.read_bytes()
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                content = archive.read(name)
                yield content
                if zipfile.is_zipfile(io.BytesIO(content)):
                    inner = zipfile.ZipFile(io.BytesIO(content))
                    yield from map(inner.read, inner.namelist())


@pytest.mark.slow
def test_a_model_of_tensorflow_hub_is_inside_and_nothing_is_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = hub_image.save(tmp_path / "hub")
    backbone = hub.build(config_lib.BackboneConfig(backbone=f"hub:{path}")).backbone
    live, images = exported.model(backbone), hub_image.images(3)
    capfd.readouterr()
    export.export(live, tmp_path / "1")
    assert capfd.readouterr() == ("", "")
    path.rename(tmp_path / "gone")
    loaded = tf.saved_model.load(tmp_path / "1")
    scores = loaded.signatures["serving_default"](images=tf.constant(images))["scores"]
    np.testing.assert_allclose(scores, live.predict(images).scores, rtol=1e-5, atol=1e-5)
    outputs = loaded.signatures["explain"](images=tf.constant(images), class_name=tf.constant(["Zebra"]))
    expected = live.explain(images, "Zebra")
    np.testing.assert_allclose(outputs["map"], expected.maps, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(outputs["contributions"][0][0], live.reasons(expected)[0][0][1], rtol=1e-5, atol=1e-5)
