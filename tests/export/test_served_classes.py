# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of classes that a loaded SavedModel takes in: it then answers as the model that has them, or not at all."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent import futures
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from fakes import exported, gaussian
from niwt_tf.export import class_table, export, served_classes, signatures
from niwt_tf.method.calibration import typicality
from niwt_tf.models import gate
from niwt_tf.models import model as model_lib

_PAGE = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")
_IMAGES = gaussian.images(np.arange(gaussian.SEEN + gaussian.NEW).repeat(2), 5)


@pytest.fixture(
    scope="module",
    params=[pytest.param(True, id="own head"), pytest.param(False, id="class means", marks=pytest.mark.slow)],
)
def before(request: pytest.FixtureRequest) -> model_lib.Model:
    """A model that was exported before it was taught."""
    return gaussian.model(request.param)


@pytest.fixture(scope="module")
def folder(before: model_lib.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "1"
    export.export(before, out)
    return out


@pytest.fixture
def loaded(folder: Path, before: model_lib.Model) -> Any:
    return tf.saved_model.load(folder)


@pytest.fixture(scope="module")
def taught(before: model_lib.Model) -> model_lib.Model:
    one = before.teach("new 0", attributes=gaussian.attributes(0))
    photographs = gaussian.images(np.full(3, gaussian.SEEN + 1), 9)
    return one.teach("Große Möwe", attributes=gaussian.attributes(1), images=photographs)


def _ask(loaded: Any, signature: str, *class_name: str) -> dict[str, np.ndarray]:
    names = {"class_name": tf.constant(class_name)} if class_name else {}
    answer = loaded.signatures[signature](images=tf.constant(_IMAGES), **names)
    return {name: value.numpy() for name, value in answer.items()}


def _text(array: np.ndarray) -> Any:
    return np.char.decode(array.astype(bytes), "utf-8").tolist()


def _assert_answers_as(loaded: Any, live: model_lib.Model, class_name: str) -> None:
    answer, expected = _ask(loaded, "serving_default"), live.predict(_IMAGES, reject=typicality.SHARE)
    assert 0 < expected.accepted.mean() < 1, "else the answers tell little"
    assert answer["accepted"].tolist() == expected.accepted.tolist()
    np.testing.assert_allclose(answer["probabilities"], expected.probabilities, rtol=1e-3, atol=1e-5)
    expected = live.predict(_IMAGES)
    np.testing.assert_allclose(answer["scores"], expected.scores, rtol=1e-5, atol=1e-4)
    assert _text(answer["class_names"]) == [list(live.class_names)] * len(_IMAGES)
    assert answer["seen"].tolist() == [[name in live.seen for name in live.class_names]] * len(_IMAGES)
    assert _text(answer["prediction"]) == list(expected.classes)
    assert answer["prediction_seen"].tolist() == [name in live.seen for name in expected.classes]
    for name in ("", class_name):
        explained = live.explain(_IMAGES, name)
        words, neurons = (_ask(loaded, signature, name) for signature in ("explain", "importances"))
        np.testing.assert_allclose(words["map"], explained.maps, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(neurons["importances"], explained.importances, rtol=1e-4, atol=1e-5)
        strongest = [[feature for feature, _ in one] for one in live.reasons(explained)]
        assert [[word for word in row if word] for row in _text(words["features"])] == strongest
        assert _text(words["class_name"]) == [live.class_names[index] for index in explained.classes]


def test_it_answers_as_the_model_that_was_taught_later_and_after_it_forgot(
    before: model_lib.Model, taught: model_lib.Model, loaded: Any
) -> None:
    assert gate.has(taught.classifier) == (before is gaussian.model(True))
    assert set(taught.class_names[-2:]) <= set(taught.predict(_IMAGES).classes), "else the answers tell little"
    for live, name in ((taught, "Große Möwe"), (taught.forget("new 0"), "Große Möwe"), (before, "seen 3")):
        loaded.use_classes(class_table.of(live).arrays())
        _assert_answers_as(loaded, live, name)
    with pytest.raises(tf.errors.InvalidArgumentError, match="`class_name` must be one of"):
        _ask(loaded, "explain", "new 0")


def test_the_export_holds_the_file_of_its_own_classes(before: model_lib.Model, folder: Path) -> None:
    table = class_table.ClassTable.load(folder / "assets" / class_table.FILE)
    assert table.class_names == before.class_names and table.network == class_table.fingerprint(before)


def test_clients_of_a_server_cannot_replace_classes(loaded: Any) -> None:
    assert sorted(loaded.signatures) == ["contributions", "explain", "from_bytes", "importances", "serving_default"]


def _changed(name: str, value: np.ndarray) -> Mapping[str, np.ndarray]:
    return class_table.of(gaussian.model(True)).arrays() | {name: value}


@pytest.mark.parametrize("before", [True], indirect=True)
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "network",
            np.array("ab" * 32),
            "Classes must be of the network that this SavedModel holds, with SHA-256 [0-9a-f]{64}. Received: "
            "(ab){32}. Make classes.npz of a model with that network, or export this one as a whole.",
        ),
        ("format", np.array(2), "Classes must be the arrays of a classes.npz of format 1, unchanged."),
        ("bias", np.zeros(11, np.float32), "Classes must be the arrays"),
        ("seen", np.ones(1, bool), "Classes must be the arrays"),
        ("kernel", np.zeros((15, 10), np.float32), "Classes must be the arrays"),
        ("head_kernel", np.zeros((16, 2), np.float32), "Classes must be the arrays"),
        ("gate_weights", np.zeros(9, np.float32), "Classes must be the arrays"),
        ("temperature", np.array(np.nan, np.float32), "Classes must be the arrays"),
        ("typical_kernel", np.zeros((16, 9), np.float32), "Classes must be the arrays"),
        ("typical_bias", np.zeros(9, np.float32), "Classes must be the arrays"),
        ("bias", np.full(10, np.nan, np.float32), "Classes must be the arrays"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    loaded: Any, name: str, value: np.ndarray, message: str
) -> None:
    expected = _ask(loaded, "serving_default")
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        loaded.use_classes(_changed(name, value))
    np.testing.assert_array_equal(_ask(loaded, "serving_default")["scores"], expected["scores"])


def test_a_call_reads_the_table_once() -> None:
    live = gaussian.model(True)
    served = served_classes.ServedClasses(class_table.of(live))
    for name, signature in signatures.Signatures(live, served).all().items():
        graph = tf.function(signature.call, input_signature=list(signature.inputs)).get_concrete_function().graph
        (handle,) = (inner for outer, inner in graph.captures if outer is served.variable.handle)
        assert [reader.type for reader in handle.consumers()] == ["ReadVariableOp"], name


@pytest.mark.parametrize("before", [True], indirect=True)
def test_no_answer_is_of_two_tables(before: model_lib.Model, taught: model_lib.Model, loaded: Any) -> None:
    tables, answers = [class_table.of(model).arrays() for model in (before, taught)], []
    for table in tables:
        loaded.use_classes(table)
        answers.append(_ask(loaded, "serving_default"))
    has_ended = threading.Event()

    def ask() -> set[int]:
        found = set()
        while not has_ended.is_set():
            answer = _ask(loaded, "serving_default")
            matches = [index for index, one in enumerate(answers) if _is_same(answer, one)]
            assert matches, "an answer that neither table gives"
            found.update(matches)
        return found

    with futures.ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        try:
            for index in range(100):
                loaded.use_classes(tables[index % 2])
        finally:
            has_ended.set()
    assert set.union(*(one.result() for one in asking)) == {0, 1}


def _is_same(answer: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> bool:
    return all(
        value.shape == expected[name].shape
        and (
            np.allclose(value, expected[name], atol=1e-4)
            if value.dtype.kind == "f"
            else (value == expected[name]).all()
        )
        for name, value in answer.items()
    )


@pytest.mark.slow
@pytest.mark.parametrize("before", [True], indirect=True)
def test_the_documented_lines_take_them_in_with_tensorflow_alone(
    folder: Path, taught: model_lib.Model, tmp_path: Path
) -> None:
    found = re.search(r"^```python\n(import hashlib.*?)^```", _PAGE, re.MULTILINE | re.DOTALL)
    assert found
    (tmp_path / "exported").mkdir()
    (tmp_path / "exported" / "birds").symlink_to(folder.parent)
    class_table.of(taught).save(tmp_path / "classes.npz")
    np.save(tmp_path / "x.npy", _IMAGES)
    script = f"""{found[1]}
images = tf.constant(np.load("x.npy"))
answers = loaded.signatures["serving_default"](images=images)
explained = loaded.signatures["importances"](images=images, class_name=tf.constant(["Große Möwe"]))
np.savez("answers.npz", scores=answers["scores"], prediction=answers["prediction"].numpy().astype(bytes),
    importances=explained["importances"])
import importlib.util
assert importlib.util.find_spec("fakes") is None and "niwt_tf" not in __import__("sys").modules
"""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert answer.returncode == 0, answer.stderr
    with np.load(tmp_path / "answers.npz") as answers:
        np.testing.assert_allclose(answers["scores"], taught.predict(_IMAGES).scores, rtol=1e-5, atol=1e-4)
        assert _text(answers["prediction"]) == list(taught.predict(_IMAGES).classes)
        expected = taught.explain(_IMAGES, "Große Möwe").importances
        np.testing.assert_allclose(answers["importances"], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_a_head_that_bends_is_explained_with_its_gate(tmp_path: Path) -> None:
    live, rng = exported.model(), np.random.default_rng(8)
    size, seen = len(live.classifier.kernel), len(live.seen)
    export.export(live, tmp_path / "1")
    classifier, weights = gate.add(live.classifier, rng.normal(size=(size, seen)), rng.normal(size=seen))
    classifier.kernel[-1, seen:] = 1
    gated = dataclasses.replace(live, classifier=classifier, features=gate.with_gate(live.features, weights))
    loaded, images = tf.saved_model.load(tmp_path / "1"), exported.images(7)
    loaded.use_classes(class_table.of(gated).arrays())
    answer = loaded.signatures["importances"](images=tf.constant(images), class_name=tf.constant(["Okapi"]))
    expected = gated.explain(images, "Okapi").importances
    assert np.abs(expected - live.explain(images, "Okapi").importances).max() > 0.01
    np.testing.assert_allclose(answer["importances"], expected, rtol=1e-4, atol=1e-5)
