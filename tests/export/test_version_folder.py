# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the next version that differs in its classes: it serves them, and is there as a whole or not at all."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from concurrent import futures
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from fakes import gaussian
from niwt_tf import errors
from niwt_tf.export import card, class_table, export, version_folder
from niwt_tf.models import model as model_lib

_IMAGES = gaussian.images(np.arange(gaussian.SEEN + gaussian.NEW).repeat(2), 5)


@pytest.fixture(scope="module")
def exported_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "birds"
    export.export(gaussian.model(True), out / "9", name="birds")
    return out


@pytest.fixture
def out(exported_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported_once, tmp_path / "birds"))


@pytest.fixture(scope="module")
def taught() -> model_lib.Model:
    return gaussian.model(True).teach("new 0", attributes=gaussian.attributes(0))


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _served(folder: Path) -> tuple[np.ndarray, list[str]]:
    """Ask as TensorFlow Serving does: without the functions of Python, in a graph and a session."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(folder))
        signature = loaded.signature_def["serving_default"]
        outputs = [signature.outputs[name].name for name in ("scores", "prediction")]
        scores, names = session.run(outputs, {signature.inputs["images"].name: _IMAGES})
    return scores, [name.decode() for name in names]


def test_the_next_version_serves_the_classes_and_the_one_before_stays(out: Path, taught: model_lib.Model) -> None:
    before = _contents(out / "9")
    assert export.export_classes(taught, out, "birds+new") == out / "10"
    assert sorted(path.name for path in out.iterdir()) == ["10", "9"]
    scores, names = _served(out / "10")
    np.testing.assert_allclose(scores, taught.predict(_IMAGES).scores, rtol=1e-5, atol=1e-4)
    assert names == list(taught.predict(_IMAGES).classes) and "new 0" in names
    assert _contents(out / "9") == before
    np.testing.assert_allclose(
        _served(out / "9")[0], gaussian.model(True).predict(_IMAGES).scores, rtol=1e-5, atol=1e-4
    )
    after = _contents(out / "10")
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed == {
        "fingerprint.pb", "assets/classes.npz", "assets/README.md", "assets/model_card.json",
        "variables/variables.index", "variables/variables.data-00000-of-00001",
    }  # fmt: skip
    assert class_table.ClassTable.load(out / "10" / "assets" / "classes.npz").class_names == taught.class_names


def test_a_version_takes_in_classes_again_and_what_was_forgotten_is_gone(out: Path, taught: model_lib.Model) -> None:
    version_folder.write_next(taught, out, "birds+new")
    left = taught.forget("new 0")
    assert version_folder.write_next(left, out, "birds") == out / "11"
    scores, _ = _served(out / "11")
    np.testing.assert_allclose(scores, left.predict(_IMAGES).scores, rtol=1e-5, atol=1e-4)
    loaded = tf.saved_model.load(out / "11")
    loaded.use_classes(class_table.of(taught).arrays())
    answer = loaded.signatures["explain"](images=tf.constant(_IMAGES), class_name=tf.constant(["new 0"]))
    np.testing.assert_allclose(answer["map"], taught.explain(_IMAGES, "new 0").maps, rtol=1e-4, atol=1e-4)


def test_the_card_is_the_new_models_with_the_licences_that_were_filled_in(out: Path, taught: model_lib.Model) -> None:
    path = out / "9" / "assets" / card.JSON
    record = json.loads(path.read_text("utf-8"))
    record["licence"]["model"] = "CC BY 4.0"
    path.write_text(json.dumps(record), "utf-8")
    version_folder.write_next(taught, out, "birds+new")
    new = json.loads((out / "10" / "assets" / card.JSON).read_text("utf-8"))
    assert (new["name"], new["licence"]["model"]) == ("birds+new", "CC BY 4.0")
    assert [one["name"] for one in new["classes"]["taught"]] == ["new 0"]
    assert new["signatures"] == record["signatures"] and new["format"] == "savedmodel"
    page = (out / "10" / "assets" / card.README).read_text("utf-8")
    assert "new 0" in page and "CC BY 4.0" in page and "**importances**" in page


def test_versions_written_at_the_same_time_get_numbers_of_their_own(out: Path, taught: model_lib.Model) -> None:
    with futures.ThreadPoolExecutor(2) as pool:
        written = list(pool.map(lambda _: version_folder.write_next(taught, out, "birds"), range(2)))
    assert sorted(path.name for path in written) == ["10", "11"]


def _other_network(out: Path) -> None:
    path = out / "9" / "assets" / "classes.npz"
    table = class_table.ClassTable.load(path)
    vars(table)["network"] = "ab" * 32
    table.save(path)


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            _other_network,
            r"Classes must be of the network that a SavedModel holds, for classes_only=True. Received: a model with a "
            r"network of SHA-256 [0-9a-f]{12}\.\.\., and .*/birds/9 with abababababab\.\.\. Name the model",
        ),
        (
            lambda out: (out / "9" / "assets" / "classes.npz").unlink(),
            "A SavedModel must be able to take in classes for classes_only=True. Received: .*/birds/9, without "
            "assets/classes.npz, as an earlier niwt_tf wrote it. Export the model as a whole once: out='.*/birds/10'",
        ),
        (lambda out: _flip(out / "9" / "assets" / "classes.npz"), "Received: .*/classes.npz, which"),
        (
            lambda out: _flip(out / "9" / "variables" / "variables.data-00000-of-00001"),
            "Received: .*/birds/9, which has variables that cannot be read: .*. Export the model as a whole.",
        ),
        (
            lambda out: (out / "9" / "assets" / card.JSON).write_text('{"licence": {}, "signatures": {}}', "utf-8"),
            "Received: .*/model_card.json, which has no licence.data, licence.model, licence.weights",
        ),
        (
            lambda out: (out / "12").mkdir(),
            "`out` must be a folder of versions for TensorFlow Serving, such as exported/birds with exported/birds/1, "
            "or a new file that ends in .npz, for classes_only=True. Received: out='.*/birds', whose version 12 has no "
            "saved_model.pb. Export the model as a whole first, or choose another out.",
        ),
    ],
)
def test_what_cannot_take_in_the_classes_is_refused_and_left_alone(
    damage: Callable[[Path], object], message: str, out: Path, taught: model_lib.Model
) -> None:
    damage(out)
    before = sorted(out.rglob("*"))
    with pytest.raises(errors.UserError, match=message):
        export.export_classes(taught, out)
    assert sorted(out.rglob("*")) == before


def test_a_version_that_cannot_be_completed_is_not_there(
    out: Path, taught: model_lib.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def fail(folder: Path, *fields: object) -> None:
        seen.extend(path.name for path in out.iterdir() if re.fullmatch(r"\d+", path.name))
        assert (folder.parent / "saved_model.pb").is_file()
        raise OSError("no space left")

    monkeypatch.setattr(card, "write", fail)
    with pytest.raises(OSError, match="no space left"):
        version_folder.write_next(taught, out, "birds")
    assert seen == ["9"] and [path.name for path in out.iterdir()] == ["9"]
