# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the reader of a run's folder: what it reads, when, and what is not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes import finished
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import knowledge
from niwt_tf.method.calibration import gamma
from niwt_tf.runs import artefacts, run_files
from niwt_tf.util import json_files


def test_artefacts_are_what_the_stages_wrote(tmp_path: Path) -> None:
    run = finished.write(tmp_path / "run")
    found = artefacts.RunArtefacts(tmp_path / "run")
    expected = knowledge.DomainKnowledge.load(tmp_path / "run" / "knowledge" / "knowledge.npz")
    np.testing.assert_array_equal(found.knowledge.vectors, expected.vectors)
    kernel = classifier_lib.Classifier.load(tmp_path / "run" / "transfer").kernel
    np.testing.assert_array_equal(found.classifier.kernel, kernel)
    assert found.settings.map_fit == ("ridge", 10)
    assert artefacts.settings_record(found.settings) == found.settings_record | {"rehearsal": "groups"}
    assert found.class_names == run.class_names and found.metrics["gamma"] == finished.GAMMA
    assert found.test.seen_classes == run.seen_classes
    np.testing.assert_array_equal(found.features, found.importances.features)
    assert found.operator is None and found.taught == [] and found.all_metrics == {}


def test_each_artefact_is_read_on_first_access_and_kept(tmp_path: Path) -> None:
    files = run_files.RunFiles(tmp_path)
    (tmp_path / "transfer").mkdir()
    run_files.write_gamma(tmp_path / "transfer", 0.25)
    assert files.gamma == 0.25
    run_files.write_gamma(tmp_path / "transfer", 0.5)
    assert (files.gamma, run_files.RunFiles(tmp_path).gamma) == (0.25, 0.5)


def test_activations_of_other_images_are_taken_in_place_of_training_images(tmp_path: Path) -> None:
    finished.write(tmp_path / "run")
    own = artefacts.RunArtefacts(tmp_path / "run").transfer_activations
    np.testing.assert_array_equal(own, artefacts.RunArtefacts(tmp_path / "run").importances.activations)
    others = np.ones((2, 1, 1, finished.NEURONS), np.float16)
    np.save(tmp_path / "run" / "transfer" / "activations.npy", others)
    np.testing.assert_array_equal(artefacts.RunArtefacts(tmp_path / "run").transfer_activations, others)


def test_a_folder_without_a_run_has_no_settings_and_no_neurons(tmp_path: Path) -> None:
    assert run_files.RunFiles(tmp_path).config_record is None
    assert run_files.RunFiles(tmp_path).seconds("map") is None
    assert run_files.neurons(tmp_path / "explain") == []
    with pytest.raises(KeyError):
        run_files.RunFiles(tmp_path).setting("dataset")
    json_files.write(tmp_path / "config.json", {"dataset": "aviary"})
    assert run_files.RunFiles(tmp_path).setting("dataset") == "aviary"


def test_settings_of_the_first_bundles_lack_what_came_later(tmp_path: Path) -> None:
    folder = tmp_path / run_files.VALIDATION
    folder.mkdir()
    record = {"map_fit": "ridge", "lambda_": 0.1, "scale": 1.0, "bias": "zero", "kept_share": 0.8, "harmonic_mean": 0.5}
    json_files.write(folder / run_files.SETTINGS, record)
    settings = artefacts.RunArtefacts(tmp_path).settings
    assert settings.map_fit == ("ridge", 0) and settings.gamma_transfer == gamma.GammaTransfer(0.8)
    assert (settings.scale_unit, settings.protocol, settings.expected) == ("length", "groups", 0.5)
