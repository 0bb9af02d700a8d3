# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the accuracies of a converted predictor and of the live model on the run's test images."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from fakes import exported
from niwt_tf import config as config_lib
from niwt_tf.data import registry, zero_shot
from niwt_tf.data.benchmarks import fetch_files
from niwt_tf.export import accuracy, agreement
from niwt_tf.models import model as model_lib

_NO_IMAGES = config_lib.RunConfig(data=config_lib.DataConfig(dataset="folder", data_dir="/no/such/folder"))


@pytest.fixture(scope="module")
def live() -> model_lib.Model:
    return exported.model(config=_NO_IMAGES)


@pytest.fixture(scope="module")
def predictor(live: model_lib.Model) -> agreement.Predictor:
    """The live model's scores, off by less than the gaps between classes."""
    return lambda images: live.predict(images).scores + 1e-6


def _split(labels: list[int], seed: int) -> zero_shot.Split:
    images = np.random.default_rng(seed).integers(0, 256, (len(labels), 8, 8, 3), np.uint8)
    return zero_shot.Split(tf.data.Dataset.from_tensor_slices(images), np.array(labels, np.int64))


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch) -> zero_shot.ZeroShotDataset:
    """Images of the model's classes, but the classes stand in another order, and one is none of the model's."""
    seen, unseen = exported.SEEN[::-1], ("Unicorn", *exported.UNSEEN)
    dataset = zero_shot.ZeroShotDataset(
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
    monkeypatch.setattr(registry, "load", lambda config, size: dataset)
    return dataset


def _twin(dataset: zero_shot.ZeroShotDataset, name: str, predictions: list[str]) -> float:
    labels = [dataset.class_names[label] for label in getattr(dataset, name).labels]
    known = [one for one in dict.fromkeys(labels) if one != "Unicorn"]
    pairs = list(zip(labels, predictions, strict=True))
    return float(np.mean([np.mean([found == one for own, found in pairs if own == one]) for one in known]))


def test_accuracies_are_measured_on_the_runs_test_images(
    live: model_lib.Model, predictor: agreement.Predictor, dataset: zero_shot.ZeroShotDataset
) -> None:
    record, expected = accuracy.measure(live, predictor), []
    for name in ("test_seen", "test_unseen"):
        images = np.stack(list(getattr(dataset, name).images.as_numpy_iterator()))
        expected.append(_twin(dataset, name, list(live.predict(images).classes)))
    assert record["client"] == record["model"]
    assert (record["measured"], record["images"], record["same_prediction"]) == (True, 15 + 6, 1.0)
    assert [record["model"]["seen_accuracy"], record["model"]["unseen_accuracy"]] == pytest.approx(expected)
    assert max(expected) > 0


def test_a_predictor_that_differs_has_its_own_accuracy(
    live: model_lib.Model, dataset: zero_shot.ZeroShotDataset
) -> None:
    wolf = np.eye(6)[3]
    record = accuracy.measure(live, lambda images: np.tile(wolf, (len(images), 1)))
    assert record["client"] == pytest.approx({"seen_accuracy": 0.25, "unseen_accuracy": 0.0, "harmonic_mean": 0.0})
    assert record["same_prediction"] < 1


def test_another_split_than_the_runs_is_not_measured(
    live: model_lib.Model, predictor: agreement.Predictor, dataset: zero_shot.ZeroShotDataset
) -> None:
    record = accuracy.measure(dataclasses.replace(live, metrics={"split_sha256": "cd" * 32}), predictor)
    assert record["measured"] is False
    assert record["why"].startswith(
        f"The split of the dataset must be that of the run, with SHA-256 {'cd' * 32}. Received: by hand, with SHA-256 "
        f"{'ab' * 32}."
    )


def test_nothing_is_downloaded_to_measure(
    live: model_lib.Model, predictor: agreement.Predictor, tmp_path: Path
) -> None:
    data = config_lib.DataConfig(dataset="awa2", data_dir=str(tmp_path), prepared_dir=str(tmp_path))
    away = dataclasses.replace(live, config=config_lib.RunConfig(data=data))
    record = accuracy.measure(away, predictor)
    assert record["measured"] is False and "Not downloaded: https://" in record["why"]
    assert list(tmp_path.iterdir()) == []
    assert fetch_files._may_download.get()


def test_without_the_runs_images_the_reason_is_recorded(live: model_lib.Model, predictor: agreement.Predictor) -> None:
    record = accuracy.measure(live, predictor)
    assert record["measured"] is False and "with no folder images" in record["why"]
