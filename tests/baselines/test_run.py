# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of comparing baselines on a run: the data that they get, and when scores are used again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors, pipeline, workdir
from niwt_tf.baselines import eszsl, from_run, measure, run
from niwt_tf.baselines import features as features_lib
from niwt_tf.data import registry as datasets
from niwt_tf.runs import stage_table
from niwt_tf.util import json_files

_SCORED = [*stage_table.STAGES][: [*stage_table.STAGES].index("evaluate") + 1]


@pytest.fixture(scope="module")
def config(tiny_data_config: config_lib.DataConfig) -> config_lib.RunConfig:
    """Settings of a short run, whose captions are encoded for each validation split."""
    return config_lib.RunConfig(
        data=tiny_data_config,
        domain=config_lib.DomainConfig(domain="captions", tfidf_phrase=1),
        backbone=config_lib.BackboneConfig(finetune="classifier"),
        map=config_lib.MapConfig(map_folds=3),
        transfer=config_lib.TransferConfig(transfer_steps=5, transfer_images=8),
        validation=config_lib.ValidationConfig(lambdas=(1e-2,), scales=(1.0,), validation_groups=2),
    )


@pytest.fixture(scope="module")
def finished(config: config_lib.RunConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run up to its scores."""
    folder = workdir.Workdir(tmp_path_factory.mktemp("run") / "run")
    pipeline.run(config, folder, _SCORED)
    return folder.root


@pytest.fixture(scope="module")
def features(finished: Path) -> features_lib.FeatureDataset:
    """Data that the baselines get."""
    return from_run.load(finished)


@pytest.fixture
def root(finished: Path, tmp_path: Path) -> Path:
    """Copy of the run, to be changed."""
    return shutil.copytree(finished, tmp_path / "copy")


def test_the_data_are_those_of_niwt(features: features_lib.FeatureDataset, config: config_lib.RunConfig) -> None:
    dataset = datasets.load(config.data, 64)
    assert (features.problem.seen_classes, len(features.problem.vectors), features.problem.domain) == (
        9,
        12,
        "captions",
    )
    np.testing.assert_array_equal(features.problem.labels, dataset.train.labels)
    np.testing.assert_array_equal(features.seen.labels, dataset.test_seen.labels)
    np.testing.assert_array_equal(features.unseen.labels, dataset.test_unseen.labels)
    assert len(features.seen.features) == len(features.seen.labels) and len(features.unseen.features) == 90
    assert features.problem.features.shape == (54, 128)
    assert (features.imageless, features.classifier) == ((), config.backbone)
    assert len(features.validation_splits) == 2


def test_the_validation_splits_are_those_of_niwt(
    features: features_lib.FeatureDataset, config: config_lib.RunConfig
) -> None:
    """Their encoder is not fitted to text of pseudo-unseen classes, so their vectors differ from the run's."""
    dataset = datasets.load(config.data, 64)
    for group, split in enumerate(features.validation_splits):
        expected = dataset.validation_dataset(config.seed, group)
        assert split.problem.seen_classes == len(expected.seen)
        np.testing.assert_array_equal(split.problem.labels, expected.train.labels)
        np.testing.assert_array_equal(split.seen.labels, expected.test_seen.labels)
        np.testing.assert_array_equal(split.unseen.labels, expected.test_unseen.labels)
        assert len(split.problem.vectors) == len(dataset.seen)
        assert split.problem.vectors.shape[1] != features.problem.vectors.shape[1]


def test_niwt_has_the_first_row_and_every_row_the_same_scores(root: Path) -> None:
    rows = run.compare(root, ["prototype", "eszsl", "oracle"])
    assert [*rows] == ["niwt", "prototype", "eszsl", "oracle"]
    metrics = json_files.read(root / "metrics.json")
    assert all(row.keys() == rows["niwt"].keys() for row in rows.values())
    for name, value in rows["niwt"].items():
        if name not in ("method", "setting", "seconds"):
            assert value == metrics[name]
    stages = metrics["stage_seconds"]
    assert rows["niwt"]["seconds"] == pytest.approx(stages["rehearsal"] + stages["map"] + stages["transfer"], abs=0.01)
    assert rows["niwt"]["setting"]["lambda"] == 0.01
    assert {path.name for path in (root / "baselines").iterdir()} == {"prototype.json", "eszsl.json", "oracle.json"}


def test_scores_are_used_again_until_the_run_or_the_candidates_change(
    root: Path, features: features_lib.FeatureDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_run, "load", lambda _: features)
    first = run.compare(root, ["prototype"])
    measured: list[str] = []
    real = measure.measure
    monkeypatch.setattr(measure, "measure", lambda name, data: measured.append(name) or real(name, data))
    assert run.compare(root, ["prototype"]) == first
    assert measured == []
    run.compare(root, ["eszsl", "prototype"])
    assert measured == ["eszsl"]
    monkeypatch.setattr(eszsl, "CANDIDATES", eszsl.CANDIDATES[:1])
    run.compare(root, ["eszsl", "prototype"])
    assert measured == ["eszsl", "eszsl"]
    record = root / "evaluate" / "fingerprint.json"
    json_files.write(record, json_files.read(record) | {"fingerprint": "of another run"})
    run.compare(root, ["prototype"])
    assert measured == ["eszsl", "eszsl", "prototype"]
    scores = root / "baselines" / "prototype.json"
    for damaged in (
        "{",
        "[]",
        scores.read_text("utf-8").replace('"ausuc": ', '"ausuc": [0], "more": '),
        '{"fingerprint": 1}',
    ):
        del measured[:]
        scores.write_text(damaged, "utf-8")
        run.compare(root, ["prototype"])
        assert measured == ["prototype"]


def test_a_run_with_a_damaged_stage_is_not_compared(root: Path) -> None:
    path = root / "rehearsal_backbone" / "0" / "features.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(
        errors.UserError, match=r"rehearsal_backbone has missing or changed files: 0/features.npy\. Make"
    ):
        run.compare(root, ["prototype"])


def test_a_run_stays_complete_after_a_comparison(root: Path, config: config_lib.RunConfig) -> None:
    run.compare(root, ["prototype"])
    folder = workdir.Workdir(root)
    prints = stage_table.fingerprints(config)
    assert all(folder.is_current(stage, prints[stage]) for stage in _SCORED)


def test_comparing_again_imports_no_tensorflow(root: Path) -> None:
    run.compare(root, ["prototype", "eszsl"])
    code = (
        "import sys, pathlib; from niwt_tf.baselines import run;"
        f"run.compare(pathlib.Path({str(root)!r}), ['prototype', 'eszsl']); assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_error_for_a_missing_stage_names_the_command(root: Path) -> None:
    shutil.rmtree(root / "importances")
    with pytest.raises(errors.UserError) as caught:
        run.compare(root, ["ale"])
    assert str(caught.value).startswith(
        "`workdir` must hold the stages data, knowledge, rehearsal_backbone, rehearsal, importances, map, transfer, "
        f"evaluate. Received: workdir={str(root)!r}, without importances. Make what is missing: niwt "
    )


def test_mistakes_are_errors_before_any_work(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_run, "load", lambda _: pytest.fail("work was done"))
    with pytest.raises(errors.UserError, match=r"`methods` must be one of .* Did you mean 'prototype'\?"):
        run.compare(root, ["eszsl", "protype"])
    with pytest.raises(errors.UserError, match=r"`dap` must have attributes or binary_attributes.*domain='captions'"):
        run.compare(root, ["dap"])
    assert not (root / "baselines").exists()


def test_a_folder_without_a_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="`workdir` must be the folder of a run"):
        run.compare(tmp_path, ["ale"])
