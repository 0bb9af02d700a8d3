# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests that settings of Keras for a whole process, from a file or from the user's code, change nothing here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

import niwt_tf
from fakes import exported
from niwt_tf import errors
from niwt_tf.backbones import backbone, small
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.models import model as model_lib
from niwt_tf.util import keras_settings

_ROOT = Path(__file__).resolve().parents[2]
_IMAGES = np.random.default_rng(0).integers(0, 256, (24, 16, 16, 3), np.uint8)
_LABELS = np.arange(len(_IMAGES)) % 4
_NAMES = ("ant", "bee", "cat", "dog")
_VECTORS = np.random.default_rng(1).uniform(size=(5, 4)).astype(np.float32)
_TINY_RUN = (
    *("--workdir=run", "--data_dir=data", "--aviary_classes=12", "--aviary_unseen=3", "--aviary_images=6"),
    *(
        "--aviary_seed=7",
        "--image_size=32",
        "--epochs=1",
        "--stages=data,activations,backbone",
    ),
)
_SETTINGS = {
    "floatx": "float16",
    "epsilon": 0.1,
    "image_data_format": "channels_first",
    "dtype_policy": "mixed_float16",
}


@pytest.fixture(params=[*_SETTINGS, "all"])
def other_settings(request: pytest.FixtureRequest) -> Iterator[dict[str, object]]:
    """Keras with one of the settings, or all, as users may choose them."""
    settings = _SETTINGS if request.param == "all" else {request.param: _SETTINGS[request.param]}
    with keras_settings.applied():  # which puts things right at the end
        for name, value in settings.items():
            getattr(keras.config, f"set_{name}")(value)
        yield settings


def _now(names: object = _SETTINGS) -> dict[str, object]:
    now = {name: getattr(keras.config, name)() for name in _SETTINGS}
    now["dtype_policy"] = now["dtype_policy"].name
    return {name: now[name] for name in names}


def _run_api(folder: Path) -> dict[str, np.ndarray]:
    """Run the API from a network to a bundle that is loaded and taught a class."""
    network = niwt_tf.load_backbone("small", image_size=16)
    classifier = niwt_tf.train_classifier(network, _IMAGES, _LABELS, _NAMES, epochs=1, batch_size=8)
    importances = niwt_tf.compute_importances(classifier, _IMAGES, _LABELS)
    forward = niwt_tf.fit_map(_VECTORS[:4], importances)
    kernel = niwt_tf.transfer_weights(classifier, importances, forward(_VECTORS[4:]))
    extended = niwt_tf.add_classes(classifier, kernel, ["eel"], importances.features)
    model = niwt_tf.make_model(
        extended, niwt_tf.encode_attributes(_VECTORS, list("wxyz"), [*_NAMES, "eel"]), importances
    )
    folder.mkdir()
    model.save(folder / "zoo.keras")
    again = niwt_tf.load_model(folder / "zoo.keras").teach("fox", attributes=["w", "y"])
    explanations = again.explain(_IMAGES[:3])
    return {
        "kernel": classifier.kernel,
        "features": niwt_tf.compute_features(classifier.backbone, _IMAGES[:3]),
        "importances": importances.values,
        "targets": forward(_VECTORS),
        "descriptions": model.inverse(forward(_VECTORS)),
        "scores": again.predict(_IMAGES[:3]).scores,
        "maps": explanations.maps,
        "trunk": again.classifier.backbone.trunk(_IMAGES[:3]).numpy(),
    }


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    return _run_api(tmp_path_factory.mktemp("usual") / "way")


def test_the_run_api_is_the_same_whatever_the_user_set(usual: dict[str, np.ndarray], tmp_path: Path) -> None:
    with keras_settings.applied():
        for name, value in _SETTINGS.items():
            getattr(keras.config, f"set_{name}")(value)
        results = _run_api(tmp_path / "way")
        assert _now() == _SETTINGS
    for name, expected in usual.items():
        assert results[name].dtype == expected.dtype == np.float32, name
        np.testing.assert_allclose(results[name], expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max(), err_msg=name)


def test_each_setting_is_ours_within_and_the_users_after(other_settings: dict[str, object]) -> None:
    before = _now()
    with pytest.raises(KeyError), keras_settings.applied():
        within = _now()
        raise KeyError
    assert within == {
        "floatx": "float32",
        "epsilon": 1e-7,
        "image_data_format": "channels_last",
        "dtype_policy": "float32",
    }
    assert _now() == before and other_settings.items() <= before.items()


def test_a_model_that_is_there_saves_and_explains_under_each_setting(
    other_settings: dict[str, object], tmp_path: Path
) -> None:
    with keras_settings.applied():
        model = exported.model()
        expected = exported.model().explain(_IMAGES[:2]).maps
    model.save(tmp_path / "zoo.keras")
    np.testing.assert_allclose(model.explain(_IMAGES[:2]).maps, expected, rtol=1e-4, atol=1e-6)
    with keras_settings.applied():
        scores = model_lib.load(tmp_path / "zoo.keras").predict(_IMAGES[:2]).scores
    np.testing.assert_allclose(model.predict(_IMAGES[:2]).scores, scores, rtol=1e-5, atol=1e-5)


def test_the_parts_of_a_network_are_made_in_float32(other_settings: dict[str, object]) -> None:
    with keras_settings.applied():
        cut = backbone.Backbone(small.build(16), "conv4")
        expected = cut.network(_IMAGES[:2]).numpy()
    np.testing.assert_allclose(cut.head(cut.trunk(_IMAGES[:2])), expected, rtol=1e-4, atol=1e-5)


def _program(home: Path, *arguments: str, code: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    environment |= {"KERAS_HOME": str(home), "PYTHONPATH": str(_ROOT), **variables}
    script = code or "from niwt_tf.cli import niwt; niwt.run()"
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], env=environment, capture_output=True, text=True, cwd=home
    )


def _write(home: Path, **values: object) -> Path:
    (home / "keras.json").write_text(json.dumps(values), "utf-8")
    return home / "keras.json"


@pytest.mark.slow
def test_a_run_says_what_of_keras_json_does_not_count_and_goes_on(tmp_path: Path) -> None:
    path = _write(tmp_path, floatx="float16", image_data_format="channels_first", backend="jax")
    answer = _program(tmp_path, *_TINY_RUN)
    assert (answer.returncode, answer.stderr[-1000:]) == (0, "")
    assert [line for line in answer.stdout.splitlines() if "keras.json" in line] == [
        f"  floatx=float16 of {path} has no effect here: floatx is float32",
        f"  image_data_format=channels_first of {path} has no effect here: image_data_format is channels_last",
    ]
    loaded = classifier_lib.Classifier.load(tmp_path / "run" / "backbone")
    assert {layer.dtype_policy.name for layer in loaded.backbone.network.layers} == {"float32"}


@pytest.mark.parametrize("code", ["", "import niwt_tf; niwt_tf.load_backbone()"], ids=["command line", "Python"])
def test_settings_that_keras_refuses_are_one_message(code: str, tmp_path: Path) -> None:
    path = _write(tmp_path, floatx="bfloat16")
    answer = _program(tmp_path, "--list_layers", code=code)
    assert answer.returncode == 1
    assert re.fullmatch(  # Keras lists a set, whose order is not fixed
        r"(niwt_tf.errors.UserError: )?`keras.json` must hold settings that Keras knows. Received: Invalid `floatx` "
        r"configuration. Expected one of \{.+\}. Received: floatx=bfloat16, in "
        rf"{re.escape(str(path))}. Fix or remove that file.",
        answer.stderr.splitlines()[-1],
    )
    assert ("Traceback" in answer.stderr) == bool(code)


@pytest.mark.parametrize("by_variable", [False, True])
def test_another_backend_is_one_message(by_variable: bool, tmp_path: Path) -> None:
    path = _write(tmp_path, backend="jax")
    variables = {"KERAS_BACKEND": "torch"} if by_variable else {}
    answer = _program(tmp_path, code="import niwt_tf; niwt_tf.load_backbone()", **variables)
    name, place = ("torch", "the variable KERAS_BACKEND") if by_variable else ("jax", path)
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[-1] == (
        f"niwt_tf.errors.UserError: Keras' `backend` must be tensorflow. Received: {name}, set by {place}. Start "
        "Python with KERAS_BACKEND=tensorflow."
    )


def test_another_missing_library_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(ModuleNotFoundError):
        keras_settings.require()


def test_keras_on_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.config, "backend", lambda: "numpy")
    with pytest.raises(errors.UserError, match="Received: numpy, set by"):
        keras_settings.require()
