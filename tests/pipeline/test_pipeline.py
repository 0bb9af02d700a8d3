# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of whole runs: what they leave, what a second one does, and what a kill at any point costs."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from niwt_tf import errors, workdir
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import build as build_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.config import settings as config_lib
from niwt_tf.data import registry, zero_shot
from niwt_tf.method import importance
from niwt_tf.method.domain_map import domain_map
from niwt_tf.models import model as model_lib
from niwt_tf.pipeline import runner, stages
from niwt_tf.runs import schemas, stage_table
from niwt_tf.util import json_files

_ROOT = Path(__file__).resolve().parents[2]
_TINY = {"epochs": 2, "map_steps": 20, "transfer_steps": 10, "transfer_images": 16}
_METRICS = {
    "dataset", "domain", "domain_source", "backbone", "layer", "seed", "split_version", "split_sha256", "seen_accuracy",
    "unseen_accuracy", "harmonic_mean", "zsl_accuracy", "ausuc", "harmonic_mean_uncalibrated", "map_rank_correlation",
    "stage_seconds", "packages", "backbone_accuracy", "harmonic_mean_expected", "seen_classes", "unseen_classes",
    "imageless_classes",
}  # fmt: skip


_SCORED = [*stage_table.STAGES][: [*stage_table.STAGES].index("evaluate") + 1]


_OF_EXPLANATIONS = set(schemas.EXPLAINED.optional)


_OF_MAP = {"rehearsal", "map", "transfer", "evaluate", "explain", "report"}


class _Killed(BaseException):
    """Ends a stage as a kill would."""


def _copy(whole: workdir.Workdir, folder: Path) -> workdir.Workdir:
    """Returns a run that is done as `whole` is, to be changed."""
    shutil.copytree(whole.root, folder, dirs_exist_ok=True)
    return workdir.Workdir(folder)


def _scores(metrics: dict[str, Any] | None) -> dict[str, Any]:
    assert metrics is not None
    return {name: value for name, value in metrics.items() if not isinstance(value, dict | list)}


def _of_test(metrics: dict[str, Any] | None) -> dict[str, Any]:
    """Returns the scores without those of explanations, which not every run has."""
    return {name: value for name, value in _scores(metrics).items() if name not in _OF_EXPLANATIONS}


def _metrics(folder: workdir.Workdir) -> dict[str, Any]:
    return json_files.read(folder.root / "metrics.json")


def test_a_run_leaves_metrics_with_all_that_a_reader_needs(whole: workdir.Workdir) -> None:
    metrics = _metrics(whole)
    assert metrics.keys() >= _METRICS | _OF_EXPLANATIONS
    for name in ("seen_accuracy", "unseen_accuracy", "harmonic_mean", "zsl_accuracy", "ausuc", "backbone_accuracy"):
        assert 0 <= metrics[name] <= 1
    assert (metrics["layer"], metrics["fine_tuned"]) == ("conv4", "full")
    assert metrics["domain_source"] == "36 attributes: the aviary's field guide"
    assert (metrics["dataset"], metrics["domain"], metrics["seed"]) == ("aviary", "attributes", 0)
    assert (metrics["seen_classes"], metrics["unseen_classes"], metrics["imageless_classes"]) == (9, 3, [])
    assert metrics["stage_seconds"].keys() == stage_table.STAGES.keys()
    assert all(seconds >= 0 for seconds in metrics["stage_seconds"].values())
    assert metrics["packages"].keys() >= {"niwt_tf", "tensorflow", "keras", "numpy"}


def test_each_stage_leaves_a_folder_and_none_a_part(whole: workdir.Workdir) -> None:
    names = {path.name for path in whole.root.iterdir()}
    assert names == {*stage_table.STAGES, "config.json", "metrics.json", "partial"}
    assert not list((whole.root / "partial").iterdir())


@pytest.mark.parametrize(
    ("stage", "tags"),
    [
        ("rehearsal_backbone/0", {"loss", "accuracy"}),
        ("backbone", {"loss", "accuracy"}),
        ("rehearsal/0/descent", {"loss", "rank_correlation"}),
        ("rehearsal/0/ridge", {"penalty", "rank_correlation"}),
        ("rehearsal/0/ridge10", {"penalty", "rank_correlation"}),
        ("map", {"rank_correlation"}),  # and the loss or the penalty, after the fit that was chosen
    ],
)
def test_every_loop_leaves_its_scalars_for_tensorboard(whole: workdir.Workdir, stage: str, tags: set[str]) -> None:
    (log,) = (whole.root / stage).glob("events.out.tfevents.*")
    events = tf.compat.v1.train.summary_iterator(str(log))
    found = {value.tag for event in events for value in event.summary.value}
    assert found - {"loss", "penalty"} == tags - {"loss", "penalty"} and tags <= found


def test_a_second_run_has_nothing_to_do_and_starts_no_tensorflow(
    config: config_lib.RunConfig, whole: workdir.Workdir, capsys: pytest.CaptureFixture[str]
) -> None:
    def start() -> None:
        raise AssertionError("TensorFlow was started")

    before = _metrics(whole)
    assert runner.run(config, whole, start=start) == before
    assert capsys.readouterr().out.count("done before") == len(stage_table.STAGES)


@pytest.mark.slow
def test_a_run_killed_in_every_stage_goes_on_with_nothing_redone_and_has_the_same_scores(
    config: config_lib.RunConfig,
    whole: workdir.Workdir,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = workdir.Workdir(tmp_path)
    for number, stage in enumerate(stage_table.STAGES):
        with monkeypatch.context() as patch:
            patch.setitem(stages.FUNCTIONS, stage, _killed(stages.FUNCTIONS[stage]))
            with pytest.raises(_Killed):
                runner.run(config, folder)
        assert not (tmp_path / stage).exists() and (tmp_path / "partial" / stage).exists()
        assert capsys.readouterr().out.count("done before") == max(number - 1, 0)  # one was killed, one was resumed
    assert _scores(runner.run(config, folder)) == pytest.approx(_scores(_metrics(whole)))


def _killed(stage: Callable[..., None]) -> Callable[..., None]:
    """Returns what does all that `stage` does, and is killed then."""

    def run(*arguments: Any) -> None:
        stage(*arguments)
        raise _Killed

    return run


@pytest.mark.slow
def test_sigkill_in_the_training_costs_one_epoch_at_most(tiny_data_dir: Path, tmp_path: Path) -> None:
    data = ["--aviary_seed=7", "--aviary_classes=12", "--aviary_unseen=3", "--aviary_images=6"]
    tiny = [f"--{name}={value}" for name, value in (_TINY | {"epochs": 40}).items()]
    where = [f"--data_dir={tiny_data_dir}", f"--workdir={tmp_path}"]
    stages_to_backbone = _SCORED[: _SCORED.index("backbone") + 1]
    where.append(f"--stages={','.join(stages_to_backbone)}")
    command = [sys.executable, str(_ROOT / "bin" / "niwt"), *data, *tiny, *where]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    checkpoints = tmp_path / "partial" / "backbone" / "checkpoints"
    deadline = time.monotonic() + 120
    while not list(checkpoints.glob("ckpt-[4-9].index")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "[4/13] rehearsal_backbone: done before" in again.stdout
    assert re.search(r"resuming after epoch ([3-9]|\d\d) of 40", again.stdout)
    assert (tmp_path / "backbone" / "classifier.npz").exists()
    assert "Traceback" not in again.stderr


@pytest.mark.slow
def test_stages_one_by_one_give_the_same_scores(
    config: config_lib.RunConfig, whole: workdir.Workdir, tmp_path: Path
) -> None:
    folder = workdir.Workdir(tmp_path)
    for stage in _SCORED[:-1]:
        assert runner.run(config, folder, [stage]) is None
        assert (tmp_path / stage).exists()
    assert _of_test(runner.run(config, folder, ["evaluate"])) == pytest.approx(_of_test(_metrics(whole)))


def test_stages_without_what_they_need_are_refused_with_the_command_that_works(
    config: config_lib.RunConfig, tmp_path: Path
) -> None:
    with pytest.raises(errors.UserError) as caught:
        runner.run(config, workdir.Workdir(tmp_path / "run"), ["inverse_map", "knowledge"])
    assert caught.value.as_flags() == (
        "`--stages` must include what a stage needs, unless it is done. Received: --stages=knowledge,inverse_map, "
        "without data, activations, backbone, importances. Run "
        "--stages=data,knowledge,activations,backbone,importances,inverse_map, or leave --stages out to run all."
    )
    assert not (tmp_path / "run").exists()


def test_an_unknown_stage_lists_the_valid_ones(config: config_lib.RunConfig, tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match=r"stages='backbon'\. Did you mean 'backbone'\?"):
        runner.run(config, workdir.Workdir(tmp_path), ["backbon"])


def test_an_unknown_layer_is_told_before_anything_is_written(config: config_lib.RunConfig, tmp_path: Path) -> None:
    wrong = dataclasses.replace(config, backbone=dataclasses.replace(config.backbone, layer="conv5"))
    with pytest.raises(errors.UserError, match="`layer` must be one of conv1_kernel, .*Did you mean 'conv"):
        runner.run(wrong, workdir.Workdir(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_overwrite_remakes_only_what_a_setting_changes(
    config: config_lib.RunConfig, whole: workdir.Workdir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _copy(whole, tmp_path)
    other = dataclasses.replace(config, map=dataclasses.replace(config.map, map_steps=10))
    with pytest.raises(errors.UserError, match="map_steps: 20 there, 10 now"):
        runner.run(other, folder, _SCORED)
    capsys.readouterr()
    runner.run(other, folder, _SCORED, overwrite=True)
    done = re.findall(r"\] (\w+): done before", capsys.readouterr().out)
    assert done == ["data", "knowledge", "activations", "rehearsal_backbone", "backbone", "importances", "inverse_map"]


@pytest.mark.slow
def test_no_test_image_is_read_before_the_evaluation(
    config: config_lib.RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(data: config_lib.DataConfig, image_size: int) -> zero_shot.ZeroShotDataset:
        dataset = original(data, image_size)
        hidden = {name: _unreadable(getattr(dataset, name)) for name in ("test_seen", "test_unseen")}
        return dataclasses.replace(dataset, **hidden)

    original = registry.load
    monkeypatch.setattr(registry, "load", load)
    folder = workdir.Workdir(tmp_path)
    assert runner.run(config, folder, _SCORED[:-1]) is None
    with pytest.raises(tf.errors.OpError, match="a test image was read"):
        runner.run(config, folder, _SCORED)


def _unreadable(split: zero_shot.Split) -> zero_shot.Split:
    def read(image: tf.Tensor) -> tf.Tensor:
        with tf.control_dependencies([tf.debugging.Assert(False, ["a test image was read"])]):
            return tf.identity(image)

    return dataclasses.replace(split, images=split.images.map(read))


@pytest.mark.parametrize(
    ("change", "remade"),
    [
        ({"seed": 1}, {*stage_table.STAGES} - {"data", "knowledge"}),
        ({"jit_compile": "on", "deterministic": True, "memory_limit": 1}, set()),
        ({"activations_limit": 1.0}, set()),
        ({"mixed_precision": "on"}, {*stage_table.STAGES} - {"data", "knowledge", "activations"}),
        ({"data": config_lib.DataConfig(data_dir="elsewhere", prepared_dir="there")}, set()),
        ({"data": config_lib.DataConfig(aviary_seed=1)}, {*stage_table.STAGES}),
        (
            {"domain": config_lib.DomainConfig(domain="captions")},
            {"knowledge", "rehearsal", "map", "transfer", "evaluate", "inverse_map", "explain", "report"},
        ),
        (
            {"validation": config_lib.ValidationConfig(scales=(0.5,))},
            {"rehearsal", "map", "transfer", "evaluate", "explain", "report"},
        ),
        (
            {"validation": config_lib.ValidationConfig(validation_groups=2)},
            {"rehearsal_backbone", "rehearsal", "map", "transfer", "evaluate", "explain", "report"},
        ),
        ({"map": config_lib.MapConfig(map_width=64)}, _OF_MAP),
        ({"transfer": config_lib.TransferConfig(transfer_source="noise")}, _OF_MAP),
        (
            {"backbone": config_lib.BackboneConfig(epochs=1)},
            {*stage_table.STAGES} - {"data", "knowledge", "activations"},
        ),
        ({"backbone": config_lib.BackboneConfig(layer="conv3")}, {*stage_table.STAGES} - {"data", "knowledge"}),
    ],
)
def test_a_setting_changes_the_stages_that_depend_on_it(change: dict[str, Any], remade: set[str]) -> None:
    before = stage_table.fingerprints(config_lib.RunConfig())
    after = stage_table.fingerprints(config_lib.RunConfig(**change))
    assert {name for name in before if before[name] != after[name]} == remade


def test_what_a_stage_reads_comes_before_it_and_every_stage_has_its_function() -> None:
    names = [*stage_table.STAGES]
    assert [*stages.FUNCTIONS] == names
    for name, stage in stage_table.STAGES.items():
        assert all(names.index(read) < names.index(name) for read in stage.reads)


def test_a_full_disk_is_an_error_of_the_system_and_what_was_done_is_kept(
    config: config_lib.RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(os.strerror(28))

    folder = workdir.Workdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setitem(stages.FUNCTIONS, "knowledge", full)
        with pytest.raises(OSError, match="No space left"):
            runner.run(config, folder, _SCORED)
    assert folder.is_current("data", stage_table.fingerprints(config)["data"])


@pytest.mark.slow
@pytest.mark.parametrize("finetune", ["auto", "none"])
def test_a_network_that_comes_with_weights_keeps_them(
    config: config_lib.RunConfig,
    whole: workdir.Workdir,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    finetune: str,
) -> None:
    trained = classifier_lib.Classifier.load(whole.path("backbone"))

    def build(settings: config_lib.BackboneConfig) -> backbone_lib.InitialNetwork:
        loaded = classifier_lib.Classifier.load(whole.path("backbone"))
        return backbone_lib.InitialNetwork(loaded.backbone, True, loaded.kernel, loaded.bias)

    monkeypatch.setattr(build_lib, "build", build)
    settings = dataclasses.replace(config.backbone, finetune=finetune, classifier_epochs=20)
    folder = workdir.Workdir(tmp_path)
    metrics = _scores(runner.run(dataclasses.replace(config, backbone=settings), folder, _SCORED))
    assert metrics["fine_tuned"] == {"auto": "classifier", "none": "none"}[finetune]
    split = json_files.read(folder.path("data") / "split.json")
    result = classifier_lib.Classifier.load(folder.path("backbone"))
    pairs = zip(result.backbone.network.get_weights(), trained.backbone.network.get_weights(), strict=True)
    assert all((ours == theirs).all() for ours, theirs in pairs)
    columns = [split["seen"].index(name) for name in split["seen"] if name not in split["validation"]]
    for part, own in (("backbone", [*range(9)]), ("rehearsal_backbone/0", columns)):
        result = classifier_lib.Classifier.load(folder.root / part, trained.backbone)
        same = result.kernel.shape == (128, len(own)) and (result.kernel == trained.kernel[:, own]).all()
        assert same == (finetune == "none")


def _frozen(
    config: config_lib.RunConfig, whole: workdir.Workdir, monkeypatch: pytest.MonkeyPatch
) -> config_lib.RunConfig:
    """Returns settings that train a new classifier on the network that `whole` trained."""

    def build(settings: config_lib.BackboneConfig) -> backbone_lib.InitialNetwork:
        return backbone_lib.InitialNetwork(classifier_lib.Classifier.load(whole.path("backbone")).backbone, True)

    monkeypatch.setattr(build_lib, "build", build)
    backbone = dataclasses.replace(config.backbone, classifier_epochs=20)
    validation = dataclasses.replace(config.validation, lambdas=(0.1,), scales=(1.0,))
    return dataclasses.replace(config, backbone=backbone, validation=validation)


@pytest.mark.slow
def test_the_trunk_of_a_network_that_stays_runs_once_over_each_training_image(
    config: config_lib.RunConfig, whole: workdir.Workdir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []

    def load(data: config_lib.DataConfig, image_size: int) -> zero_shot.ZeroShotDataset:
        dataset = original(data, image_size)
        train = dataclasses.replace(dataset.train, images=dataset.train.images.map(_counting(counts)))
        return dataclasses.replace(dataset, train=train)

    original = registry.load
    monkeypatch.setattr(registry, "load", load)
    frozen = _frozen(config, whole, monkeypatch)
    kept = _scores(runner.run(frozen, workdir.Workdir(tmp_path / "kept"), _SCORED))
    assert len(counts) == 54
    again = _scores(
        runner.run(dataclasses.replace(frozen, activations_limit=0.0), workdir.Workdir(tmp_path / "not"), _SCORED)
    )
    assert len(counts) > 3 * 54
    assert kept == pytest.approx(again, abs=0.03)  # float16 rounds


def _counting(counts: list[int]) -> Callable[[tf.Tensor], tf.Tensor]:
    def note(image: np.ndarray) -> np.ndarray:
        counts.append(1)
        return image

    return lambda image: tf.ensure_shape(tf.numpy_function(note, [image], image.dtype), image.shape)


def test_three_groups_of_classes_play_unseen_where_the_network_stays(
    config: config_lib.RunConfig, whole: workdir.Workdir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = _frozen(config, whole, monkeypatch)
    folder = workdir.Workdir(tmp_path)
    runner.run(frozen, folder, ["data", "activations", "rehearsal_backbone"])
    split = json_files.read(folder.path("data") / "split.json")
    played = []
    for group in sorted(path for path in folder.path("rehearsal_backbone").iterdir() if path.is_dir()):
        with np.load(group / classifier_lib.FILE) as saved:
            played.append(set(split["seen"]) - set(saved["class_names"].tolist()))
    assert [len(names) for names in played] == 3 * [len(split["validation"])]
    assert len(set.union(*played)) == 3 * len(split["validation"])
    assert played[0] == set(split["validation"])


def _ablated(config: config_lib.RunConfig) -> config_lib.RunConfig:
    """Build a run with a deep map, and weights that are fitted on noise."""
    return dataclasses.replace(
        config,
        map=dataclasses.replace(config.map, map_layers=2, map_width=8, map_loss="both", map_steps=5),
        transfer=dataclasses.replace(config.transfer, transfer_source="noise", transfer_fit="descent"),
        validation=dataclasses.replace(config.validation, map_fits=("descent",)),
    )


def _assert_ablated(folder: workdir.Workdir) -> None:
    importances = importance.Importances.load(folder.path("importances"))
    noise = np.load(folder.path("transfer") / "activations.npy")
    assert noise.shape == importances.activations.shape == (16, *noise.shape[1:])
    assert np.abs(noise.mean((0, 1, 2)) - importances.activations.mean((0, 1, 2))).max() > 0.1
    forward = domain_map.DomainMap.load(folder.path("map")).forward
    assert [layer.name for layer in forward.layers[-2:]] == ["hidden1", "importances"]


@pytest.mark.slow
def test_a_deep_map_and_noise_take_no_new_network(
    config: config_lib.RunConfig, whole: workdir.Workdir, tmp_path: Path
) -> None:
    folder = _copy(whole, tmp_path)
    made = {name: (folder.path(name) / "seconds.json").stat().st_mtime_ns for name in stage_table.STAGES}
    runner.run(_ablated(config), folder, ["rehearsal", "map", "transfer"], overwrite=True)
    kept = [name for name in stage_table.STAGES if folder.path(name).exists()]
    again = [name for name in kept if (folder.path(name) / "seconds.json").stat().st_mtime_ns != made[name]]
    assert again == ["rehearsal", "map", "transfer"]
    assert {*stage_table.STAGES} - {*kept} == {"evaluate", "explain", "report"}  # of the settings before
    _assert_ablated(folder)


@pytest.mark.slow
def test_they_take_the_activations_of_a_network_that_stays_as_it_is(
    config: config_lib.RunConfig, whole: workdir.Workdir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workdir.Workdir(tmp_path)
    metrics = runner.run(_ablated(_frozen(config, whole, monkeypatch)), folder, _SCORED)
    assert metrics is not None and metrics["map_fit"] == "descent"
    _assert_ablated(folder)


def test_a_classifier_of_other_classes_is_told(
    config: config_lib.RunConfig, whole: workdir.Workdir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(settings: config_lib.BackboneConfig) -> backbone_lib.InitialNetwork:
        loaded = classifier_lib.Classifier.load(whole.path("backbone"))
        return backbone_lib.InitialNetwork(loaded.backbone, True, loaded.kernel[:, :6], loaded.bias[:6])

    monkeypatch.setattr(build_lib, "build", build)
    none = dataclasses.replace(config, backbone=dataclasses.replace(config.backbone, finetune="none"))
    with pytest.raises(errors.UserError, match=r"Received: 6 classes of the network, 9 seen classes of the dataset\."):
        runner.run(none, workdir.Workdir(tmp_path), ["data", "activations", "backbone"])


def test_what_tensorflow_computes_on_is_told_once(
    config: config_lib.RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner.run(config, workdir.Workdir(tmp_path), ["data"])
    assert capsys.readouterr().out.count("TensorFlow computes on ") == 1


@pytest.mark.parametrize("domain", ["captions", "documents", "attributes+documents"])
@pytest.mark.slow
def test_domains_of_text_run_too(
    config: config_lib.RunConfig, whole: workdir.Workdir, tmp_path: Path, domain: str
) -> None:
    text = dataclasses.replace(config, domain=config_lib.DomainConfig(domain=domain))
    metrics = runner.run(text, _copy(whole, tmp_path), _SCORED, overwrite=True)
    assert _scores(metrics)["domain"] == domain


def test_edited_text_remakes_its_stage_and_what_follows(
    config: config_lib.RunConfig, whole: workdir.Workdir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts, folder = tmp_path / "texts", workdir.Workdir(tmp_path / "run")
    texts.mkdir()
    for number, name in enumerate(json_files.read(whole.path("data") / "split.json")["seen"]):
        (texts / f"{name}.txt").write_text(f"a red bird\nwith {'long' if number % 2 else 'short'} wings", "utf-8")
    for name in json_files.read(whole.path("data") / "split.json")["unseen"]:
        (texts / f"{name}.txt").write_text("a red bird with long wings", "utf-8")
    settings = config_lib.DomainConfig(domain="captions", captions_dir=str(texts))
    own = dataclasses.replace(config, domain=settings)
    stages_to_text = ("data", "knowledge")
    runner.run(own, folder, stages_to_text)
    told = f"  21 captions: the files in {texts}; TF-IDF, 0 of 12 words of unseen classes unknown\n"
    assert told in capsys.readouterr().out
    assert runner._current(stage_table.records(own), folder) == ["data", "knowledge"]
    (texts / f"{name}.txt").write_text("a red bird with short wings", "utf-8")
    assert runner._current(stage_table.records(own), folder) == ["data"]
    before = stage_table.fingerprints(own)
    (texts / f"{name}.txt").write_text("a red bird", "utf-8")
    after = stage_table.fingerprints(own)
    remade = {stage for stage in before if before[stage] != after[stage]}
    follow = {"rehearsal", "map", "transfer", "evaluate", "inverse_map", "explain", "report"}
    assert remade == {"knowledge"} | follow


def test_another_file_of_the_backbone_remakes_what_rests_on_it(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    config = config_lib.RunConfig(backbone=config_lib.BackboneConfig(backbone=f"keras:{path}"))
    prints = []
    for text in ("one", "another"):
        path.write_text(text, "utf-8")
        prints.append(stage_table.fingerprints(config))
    remade = {stage for stage in prints[0] if prints[0][stage] != prints[1][stage]}
    assert remade == {*stage_table.STAGES} - {"data", "knowledge"}


def test_text_that_the_rehearsal_cannot_use_is_told_before_any_training(
    config: config_lib.RunConfig, whole: workdir.Workdir, tmp_path: Path
) -> None:
    split = json_files.read(whole.path("data") / "split.json")
    for name in split["seen"] + split["unseen"]:
        alone = name == split["validation"][0]  # its word is known only as long as it is seen
        (tmp_path / f"{name}.txt").write_text("zebra\nzebra" if alone else "red\nred", "utf-8")
    settings = config_lib.DomainConfig(domain="captions", captions_dir=str(tmp_path))
    own = dataclasses.replace(config, domain=settings)
    with pytest.raises(errors.UserError, match=f"with only zeros, or NaN or infinity, for {split['validation'][0]}"):
        runner.run(own, workdir.Workdir(tmp_path / "run"), ["data", "knowledge"])


def test_a_folder_that_is_not_there_is_told_before_anything_is_written(
    config: config_lib.RunConfig, tmp_path: Path
) -> None:
    own = dataclasses.replace(config, domain=config_lib.DomainConfig(documents_dir=str(tmp_path / "none")))
    with pytest.raises(errors.UserError, match="`documents_dir` must be a folder with files <class>.txt"):
        runner.run(own, workdir.Workdir(tmp_path / "run"))
    assert not list(tmp_path.iterdir())


def test_a_class_that_is_taught_gets_the_weights_that_the_run_gave_it(whole: workdir.Workdir) -> None:
    model = model_lib.load(whole.root)
    name, vector, column = model.class_names[-1], model.knowledge.vectors[-1], model.classifier.kernel[:, -1]
    told = [
        f"{feature}:{value:.9g}" for feature, value in zip(model.knowledge.feature_names, vector, strict=True) if value
    ]
    again = model.forget(name).teach(name, attributes=told, max_seen_loss=None)
    np.testing.assert_array_equal(again.knowledge.vectors[-1], vector)
    assert model.operator is not None and model.operator.shape == (128, 128)
    wanted = model.operator @ model.forward(vector[None])[0]
    cosines = [one @ column / np.linalg.norm(one) for one in (wanted, again.classifier.kernel[:, -1])]
    assert cosines / np.linalg.norm(column) == pytest.approx([1, 1], abs=1e-4)
    if model.settings.scale:
        np.testing.assert_allclose(again.classifier.kernel[:, -1], column, rtol=1e-3, atol=1e-5)
