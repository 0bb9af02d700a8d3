# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the explanations of a run, on the tiny aviary and an untrained network."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from niwt_tf import config as config_lib
from niwt_tf.backbones import activations
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.data import zero_shot
from niwt_tf.domains import knowledge as knowledge_lib
from niwt_tf.explain import explain_run, explained_model
from niwt_tf.method import inverse_map

_NEURONS = 16


@pytest.fixture(scope="module")
def model(tiny_dataset: zero_shot.ZeroShotDataset) -> explained_model.ExplainedModel:
    keras.utils.set_random_seed(0)
    images = keras.Input((64, 64, 3), dtype="uint8")
    x = keras.layers.Conv2D(_NEURONS, 5, 4, activation="relu", name="conv")(keras.layers.Rescaling(1 / 255)(images))
    backbone = backbone_lib.Backbone(keras.Model(images, keras.layers.GlobalAveragePooling2D()(x)), "conv")
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=(_NEURONS, 12)).astype(np.float32), np.zeros(12, np.float32)
    classifier = classifier_lib.Classifier(backbone, kernel, bias, tiny_dataset.class_names, tiny_dataset.unseen)
    knowledge = knowledge_lib.load(tiny_dataset, config_lib.DomainConfig())
    labels = tiny_dataset.train.labels
    inverse = inverse_map.fit(kernel.T[labels], labels, knowledge.vectors[:9], 3, 0)
    features = rng.normal(size=(len(labels), _NEURONS)).astype(np.float32)
    return explained_model.ExplainedModel(classifier, 0.5, inverse, knowledge, features, labels)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("explain")


@pytest.fixture(scope="module")
def explained(
    model: explained_model.ExplainedModel, tiny_dataset: zero_shot.ZeroShotDataset, folder: Path
) -> explain_run.RunExplanations:
    return explain_run.explain(model, tiny_dataset, folder, seed=0)


@pytest.mark.slow
def test_saved_activations_name_the_same_neurons_without_a_pass_over_training_images(
    model: explained_model.ExplainedModel,
    tiny_dataset: zero_shot.ZeroShotDataset,
    explained: explain_run.RunExplanations,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    activations.compute(model.classifier.backbone, tiny_dataset.train, tmp_path)
    saved = activations.load_split(tmp_path, tiny_dataset.train.labels)
    taken, batches = {}, explain_run._batches

    def noted(split: zero_shot.Split, title: str) -> Any:
        taken[title] = split
        return batches(split, title)

    monkeypatch.setattr(explain_run, "_batches", noted)
    again = explain_run.explain(model, tiny_dataset, tmp_path, seed=0, activations=saved)
    assert taken["naming neurons"] is saved
    for ours, expected in zip(again.neurons, explained.neurons, strict=True):
        assert ours["name"] == expected["name"] and ours["images"] == expected["images"]
        assert ours["confidence"] == pytest.approx(expected["confidence"], abs=0.01)  # float16 rounds the activations
    assert again.metrics == pytest.approx(explained.metrics, abs=0.01)


def test_measures_are_shares(explained: explain_run.RunExplanations) -> None:
    metrics = explained.metrics
    missing = {name for name, value in metrics.items() if value is None}
    assert all(name.startswith(("neuron_name", "neuron_class", "last_layer", "part_pointing")) for name in missing)
    assert all(-1 <= value <= 1 for value in metrics.values() if value is not None)
    assert 0.1 < metrics["pointing_chance"] < 0.9
    assert metrics["attribute_accuracy_chance"] == pytest.approx(0.25, abs=0.01)  # nine of 36 values


def test_every_neuron_has_a_record_and_its_pictures_exist(explained: explain_run.RunExplanations, folder: Path) -> None:
    assert [one["index"] for one in explained.neurons] == list(range(_NEURONS))
    for one in explained.neurons:
        for picture in filter(None, (one["images"], one["maximal"])):
            with Image.open(folder / picture) as image:
                assert image.height >= 64


def test_decisions_have_a_picture_and_a_contrast_with_another_class(
    tiny_dataset: zero_shot.ZeroShotDataset, explained: explain_run.RunExplanations, folder: Path
) -> None:
    assert len(explained.decisions) >= 9
    for one in explained.decisions:
        assert (one["label"] == one["prediction"]) == one["right"]
        assert one["unseen"] == (one["label"] in tiny_dataset.unseen)
        assert one["contrast"]["class"] != one["prediction"]
        assert one["right"] or one["contrast"]["class"] == one["label"]
        assert one["words"].startswith(f"{one['prediction']} rather than {one['contrast']['class']}")
        with Image.open(folder / one["picture"]) as image:
            assert image.width > 2 * 256


@pytest.mark.slow
def test_without_boxes_and_unseen_test_images_the_rest_is_measured(
    model: explained_model.ExplainedModel, tiny_dataset: zero_shot.ZeroShotDataset, tmp_path: Path
) -> None:
    empty = zero_shot.Split(tf.data.Dataset.from_tensor_slices(np.zeros((0, 64, 64, 3), np.uint8)), np.zeros(0, int))
    dataset = dataclasses.replace(tiny_dataset, annotations=None, test_unseen=empty, imageless=tiny_dataset.unseen)
    explained = explain_run.explain(model, dataset, tmp_path, seed=0)
    metrics = explained.metrics
    assert {name for name in metrics if "pointing" in name and metrics[name] is None} == {
        "pointing_seen", "pointing_unseen", "pointing_chance", "part_pointing", "part_pointing_chance",
    }  # fmt: skip
    assert metrics["attribute_accuracy"] is not None
    assert not any(one["unseen"] for one in explained.decisions)
