# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of models as files: bundles of today and of earlier, and runs."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from fakes import holding, models, whole_run
from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import backbone, network_file
from niwt_tf.models import files
from niwt_tf.models import model as model_lib
from niwt_tf.runs import artefacts, run_files
from niwt_tf.util import json_files, locks

_GOLDEN = Path(__file__).parents[1] / "golden"
_MANIFEST = "niwt/manifest.json"


def _images(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)


def _arrays(model: model_lib.Model) -> dict[str, np.ndarray]:
    """Returns all numbers of a model."""
    return {
        "kernel": model.classifier.kernel,
        "bias": model.classifier.bias,
        "vectors": model.knowledge.vectors,
        "activations": model.activations,
        "features": model.features,
        "scores": model.predict(_images(7)).scores,
        "importances": model.explain(_images(7)).importances,
        "targets": model.forward(model.knowledge.vectors),
        "reasons": model.inverse(model.forward(model.knowledge.vectors)),
        "patterns": model.inverse.patterns,
        "residuals": model.forward.residuals,
        "operator": np.zeros(0) if model.operator is None else model.operator,
    }


def _assert_same(one: model_lib.Model, other: model_lib.Model) -> None:
    for name, array in _arrays(one).items():
        np.testing.assert_array_equal(_arrays(other)[name], array, err_msg=name)
    for name in ("gamma", "settings", "neuron_names", "config", "metrics", "taught", "class_names", "seen"):
        assert getattr(other, name) == getattr(one, name), name
    assert (
        other.knowledge.feature_names == one.knowledge.feature_names and other.knowledge.source == one.knowledge.source
    )
    assert other.classifier.backbone.layer == one.classifier.backbone.layer


@pytest.mark.parametrize("descends", [False, True], ids=["closed", "by descent"])
@pytest.mark.parametrize("deep", [False, True], ids=["affine", "deep"])
def test_a_bundle_comes_back_bit_by_bit(deep: bool, descends: bool, tmp_path: Path) -> None:
    model = models.by_captions(deep, descends).teach("zebra", captions=["black and white stripes"])
    model.save(tmp_path / "zoo.keras")
    back = model_lib.load(tmp_path / "zoo.keras")
    assert (back.operator is None) == descends
    if not deep:  # of an affine head one image is enough
        model = dataclasses.replace(model, activations=model.activations[:1])
    _assert_same(model, back)
    back.save(tmp_path / "again.keras")
    _assert_same(model, model_lib.load(tmp_path / "again.keras"))


def test_a_run_keeps_the_activations_that_its_weights_were_found_on(tmp_path: Path) -> None:
    model = models.by_captions(deep=True)
    config = dataclasses.replace(model.config, transfer=config_lib.TransferConfig(transfer_source="noise"))
    files._write(dataclasses.replace(model, config=config), tmp_path)
    model.classifier.save(tmp_path / "transfer")
    others = np.flip(model.activations, 0) / 2
    np.save(tmp_path / "transfer" / "activations.npy", others)
    np.testing.assert_array_equal(files._read(artefacts.RunArtefacts(tmp_path), {}).activations, others)


@pytest.mark.parametrize("descends", [False, True], ids=["closed", "by descent"])
def test_a_model_that_comes_back_is_taught_the_same(descends: bool, tmp_path: Path) -> None:
    model = models.by_captions(True, descends)
    model.save(tmp_path / "zoo.keras")
    captions = ["orange with horns", "black stripes"]
    one, other = (each.teach("zebra", captions=captions) for each in (model, model_lib.load(tmp_path / "zoo.keras")))
    _assert_same(one, other)


def test_keras_alone_opens_a_bundle_as_a_classifier(tmp_path: Path) -> None:
    model = models.by_attributes()
    model.save(tmp_path / "zoo.keras")
    scores = keras.models.load_model(tmp_path / "zoo.keras", safe_mode=True).predict(_images(5), verbose=0)
    np.testing.assert_allclose(scores, model.predict(_images(5)).scores, rtol=1e-5, atol=1e-5)


def test_bundles_hold_no_pickle(tmp_path: Path) -> None:
    models.by_captions().save(tmp_path / "zoo.keras")
    with zipfile.ZipFile(tmp_path / "zoo.keras") as archive:
        names = archive.namelist()
        assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib"))]
        arrays = [name for name in names if name.endswith((".npz", ".npy"))]
        archive.extractall(tmp_path / "all", arrays)
    for name in arrays:
        loaded = np.load(tmp_path / "all" / name, allow_pickle=False)
        assert [loaded[key].dtype for key in loaded] if name.endswith("z") else loaded.dtype


@pytest.mark.parametrize("name", ["attributes", "captions"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_bundles_of_all_formats_are_read(name: str, number: int) -> None:
    """The golden bundles were made by `python tests/golden/make.py`; what they gave then is beside them."""
    model = model_lib.load(_GOLDEN / f"{name}-{number}.keras")
    assert (model.operator is None) == (number == 1)  # which is taught by descent
    assert model.settings.scale_unit == ("length" if number < 3 else "spread")
    assert (model.settings.synthetic_position is None) == (number < 3)
    with np.load(_GOLDEN / f"{name}-{number}.npz") as kept:
        np.testing.assert_allclose(model.predict(_images(7)).scores, kept["scores"], rtol=1e-4, atol=1e-5)
        limit = None if number < 4 else 0.02  # before, models had no labels
        texts = {name: list(getattr(model.taught[0], name))}
        again = model.forget("zebra").teach("zebra", **texts, max_seen_loss=limit)
        if number < 4:
            np.testing.assert_allclose(again.predict(_images(7)).scores, kept["scores"], rtol=1e-2, atol=1e-3)
        np.testing.assert_allclose(again.classifier.kernel, model.classifier.kernel, rtol=5e-2, atol=5e-3)
        explanations = model.explain(_images(7))
        reasons = model.reasons(explanations)
        assert [row[0][0] if row else "" for row in reasons] == kept["reasons"].tolist()
    of_images = model.image_reasons(explanations)  # earlier formats say only whom a training image is taken for
    assert number < 4 or any(row.support or row.opposition for row in of_images)
    assert model.class_names[-1] == "zebra" == model.taught[0].name
    assert model.limited.names == (("zebra",) if number == 4 else ()) and (model.labels is None) == (number < 4)


def _forge(source: Path, target: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """Writes a bundle with other members, and a manifest that lists them."""
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop(_MANIFEST))
    change(members)
    manifest["sha256"] = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in (members | {_MANIFEST: json.dumps(manifest).encode()}).items():
            archive.writestr(name, data)
    return target


def _without(member: str, value: str) -> Callable[[dict[str, bytes]], object]:
    """Returns a change after which a member lacks an array, or a value of JSON."""

    def change(members: dict[str, bytes]) -> None:
        if member.endswith(".json"):
            record = json.loads(members[member])
            del record[value]
            members[member] = json.dumps(record).encode()
            return
        arrays, file = dict(np.load(io.BytesIO(members[member]))), io.BytesIO()
        del arrays[value]
        np.savez(file, **arrays)
        members[member] = file.getvalue()

    return change


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize(
    ("member", "value", "since"),
    [
        ("niwt/map/map.npz", "penalty", 1),
        ("niwt/map/map.npz", "relevance", 2),
        ("niwt/map/map.npz", "residuals", 2),
        ("niwt/rehearsal/settings.json", "map_relevance", 2),
        ("niwt/rehearsal/settings.json", "scale_unit", 3),
        ("niwt/rehearsal/settings.json", "imagined_part", 3),
    ],
)
def test_a_forged_bundle_without_what_its_format_holds_is_refused(
    number: int, member: str, value: str, since: int, tmp_path: Path
) -> None:
    golden = _GOLDEN / f"captions-{number}.keras"
    if number < since:  # the bundles of that time lack it, and are read: see above
        with pytest.raises(KeyError):
            _forge(golden, tmp_path / "zoo.keras", _without(member, value))
        return
    forged = _forge(golden, tmp_path / "zoo.keras", _without(member, value))
    name = Path(member).name
    with pytest.raises(errors.UserError, match=f"has contents that cannot be read: {name}, which has no {value}. "):
        model_lib.load(forged)


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("explain/neurons.json", "has no niwt/explain/neurons.json. "),
        ("taught.json", "has no niwt/taught.json. "),
        ("metrics.json", "has no niwt/metrics.json. "),
        ("transfer/operator.npy", "has contents that cannot be read: operator.npy, which does not exist. "),
    ],
)
def test_a_forged_bundle_without_one_of_its_files_is_refused(name: str, trouble: str, tmp_path: Path) -> None:
    golden = _GOLDEN / "attributes-3.keras"
    forged = _forge(golden, tmp_path / "zoo.keras", lambda members: members.pop(f"niwt/{name}"))
    with pytest.raises(errors.UserError, match=f"which {trouble}"):
        model_lib.load(forged)


def test_a_model_of_the_first_format_is_saved_and_read_again(tmp_path: Path) -> None:
    model = model_lib.load(_GOLDEN / "attributes-1.keras")
    model.save(tmp_path / "zoo.keras")
    _assert_same(model, model_lib.load(tmp_path / "zoo.keras"))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("zoo.h5", "`path` must end in .keras. Received: path='zoo.h5'. Choose another path."),
        (
            "there.keras",
            "`path` must be a new file, because no file is overwritten. Received: path='there.keras', which exists. "
            "Choose another path, or remove the file.",
        ),
    ],
)
def test_nothing_is_written_over(path: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.keras").write_text("mine", "utf-8")
    with pytest.raises(errors.UserError, match=re.escape(message)):
        models.by_attributes().save(path)
    assert os.listdir() == ["there.keras"] and Path("there.keras").read_text("utf-8") == "mine"


def test_a_bundle_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("niwt_tf.models.bundle.zipfile.ZipFile.writestr", full)
    with pytest.raises(OSError, match="No space left"):
        models.by_attributes().save(tmp_path / "zoo.keras")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_bundle_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError) as caught:
        model_lib.load(tmp_path / "zoo.keras")
    assert str(caught.value) == (
        "`model` must be the folder of a run, or a .keras bundle. Received: "
        f"model='{tmp_path / 'zoo.keras'}', which does not exist. Name a folder that niwt made, or a bundle that "
        "niwt_teach or niwt_export wrote."
    )
    with pytest.raises(errors.UserError, match="`model` must be the folder of a run. Received: model="):
        model_lib.load(tmp_path)


def test_a_model_of_keras_alone_is_no_bundle(tmp_path: Path) -> None:
    models.by_attributes().classifier.backbone.network.save(tmp_path / "plain.keras")
    with pytest.raises(errors.UserError, match="so Keras alone saved it"):
        model_lib.load(tmp_path / "plain.keras")


@pytest.mark.parametrize("section", ["backbone", "domain"])
def test_a_foreign_program_runs_only_without_safe_mode(section: str, tmp_path: Path) -> None:
    setting = {"backbone": {"backbone": "hub:/bird"}, "domain": {"text_encoder": "hub:/words"}}[section]
    model = models.by_attributes()
    part = dataclasses.replace(getattr(model.config, section), **setting)
    config = dataclasses.replace(model.config, **{section: part})
    dataclasses.replace(model, config=config).save(tmp_path / "zoo.keras")
    with pytest.raises(errors.UserError) as caught:
        model_lib.load(tmp_path / "zoo.keras")
    assert str(caught.value) == (
        "`model` must not run a SavedModel of TensorFlow Hub in safe mode: a SavedModel is a program. Received: "
        f"model='{tmp_path / 'zoo.keras'}', which runs {next(iter(setting.values()))}. Add safe_mode=False if you "
        "trust the person it comes from."
    )
    assert model_lib.load(tmp_path / "zoo.keras", safe_mode=False).class_names == model.class_names


@pytest.mark.parametrize("is_run", [False, True])
def test_a_program_that_only_the_domain_vectors_name_is_refused(is_run: bool, tmp_path: Path) -> None:
    """Teaching loads the encoder of each slice, so one that the settings do not name must not slip through."""
    place = whole_run.write(tmp_path / "run") if is_run else tmp_path / "zoo.keras"
    model = model_lib.load(place) if is_run else models.by_attributes()
    slices = tuple(dataclasses.replace(one, text_encoder="hub:/words") for one in model.knowledge.slices)
    crafted = dataclasses.replace(model.knowledge, slices=slices)
    assert slices and model.config.domain.text_encoder == "tfidf"
    if is_run:
        crafted.save(place / "knowledge" / run_files.KNOWLEDGE)
        whole_run.record(place, model.config)
    else:
        dataclasses.replace(model, knowledge=crafted).save(place)
    with pytest.raises(
        errors.UserError, match="must not run a SavedModel .*which runs hub:/words. Add safe_mode=False"
    ):
        model_lib.load(place)
    assert model_lib.load(place, safe_mode=False).class_names == model.class_names


def test_a_layer_with_code_is_refused(tmp_path: Path) -> None:
    images = keras.Input((8, 8, 3), dtype="uint8")
    numbers = keras.layers.Lambda(lambda x: keras.ops.cast(x, "float32"), output_shape=(8, 8, 3))(images)
    conv = keras.layers.Conv2D(6, 3, name="conv")(numbers)
    network = keras.Model(images, keras.layers.GlobalAveragePooling2D()(conv))
    model = models.by_attributes()
    classifier = dataclasses.replace(model.classifier, backbone=backbone.Backbone(network, "conv"))
    dataclasses.replace(model, classifier=classifier).save(tmp_path / "zoo.keras")
    with pytest.raises(errors.UserError, match="which holds code, such as a Lambda layer, which is not run for safety"):
        model_lib.load(tmp_path / "zoo.keras")


def test_settings_come_back_from_their_record() -> None:
    config = config_lib.RunConfig(
        data=config_lib.DataConfig(dataset="folder", data_dir="mine", unseen=("okapi",)),
        validation=config_lib.ValidationConfig(lambdas=(0.5,)),
        seed=3,
    )
    record = {name: value for name, (value, _) in config_lib.options(config).items()} | {"later": 1}
    assert config_lib.from_record(record | {"lambdas": [0.5], "unseen": ["okapi"]}) == config


def test_the_second_of_two_is_told_that_the_first_has_written_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.keras"
    with holding.another_process(locks.beside(path)) as process:
        holding.end_when_waited_for(monkeypatch, process, lambda: path.write_text("theirs", "utf-8"))
        with pytest.raises(errors.UserError, match="because no file is overwritten"):
            files.save(models.by_attributes(), path)
    assert path.read_text("utf-8") == "theirs" and [one.name for one in tmp_path.iterdir()] == ["a.keras"]


def test_what_a_killed_process_left_of_a_bundle_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".a.keras.part").write_text("half", "utf-8")
    files.save(models.by_attributes(), tmp_path / "a.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


def test_a_run_gives_the_model_that_a_bundle_of_it_gives(tmp_path: Path) -> None:
    root = whole_run.write(tmp_path / "run")
    model = model_lib.load(root)
    model.save(tmp_path / "zoo.keras")
    _assert_same(model, model_lib.load(tmp_path / "zoo.keras"))
    assert model.metrics["harmonic_mean"] == 1.0 and model.metrics["stage_seconds"]["map"] == 1.25
    assert model_lib.load(tmp_path / "zoo.keras").metrics == model.metrics


@pytest.mark.parametrize("section", ["backbone", "domain"])
def test_a_run_of_someone_else_runs_no_program_in_safe_mode(section: str, tmp_path: Path) -> None:
    setting = {"backbone": {"backbone": "hub:/bird"}, "domain": {"text_encoder": "hub:/words"}}[section]
    root = whole_run.write(tmp_path / "run")
    config = run_files.RunFiles(root).config
    part = dataclasses.replace(getattr(config, section), **setting)
    whole_run.record(root, dataclasses.replace(config, **{section: part}))
    message = (
        f"`model` must not run a SavedModel .* Received: model='{root}', which runs {next(iter(setting.values()))}"
    )
    with pytest.raises(errors.UserError, match=message):
        model_lib.load(root)
    with pytest.raises(errors.UserError, match=message.replace("model", "workdir", 1).replace("model=", "workdir=")):
        files.open_run(root, True, ["transfer"], "workdir")
    assert model_lib.load(root, safe_mode=False).class_names == (*models.SEEN, *models.UNSEEN)
    assert files.open_run(root, False, ["transfer"], "workdir").gamma == 0.5


def test_a_network_that_runs_a_program_in_secret_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = whole_run.write(tmp_path / "run")
    named: list[bool] = []
    monkeypatch.setattr(network_file, "load", lambda path, runs_programs: named.append(runs_programs))
    for safe_mode in (True, False):
        with pytest.raises(AttributeError):  # of what is loaded here in place of a network
            _ = artefacts.RunArtefacts(root, safe_mode).classifier
    assert named == [False, True]


def test_other_packages_are_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = whole_run.write(tmp_path / "run")
    path = root / "map" / "fingerprint.json"
    record = json_files.read(path)
    json_files.write(path, record | {"packages": record["packages"] | {"numpy": "1.0"}})
    model_lib.load(root)
    assert capsys.readouterr().out.count("made with other packages: numpy 1.0 (now ") == 1
