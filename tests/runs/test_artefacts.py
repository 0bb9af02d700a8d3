# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the reader of a run's folder: what it reads, when, and what is not there."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from fakes import finished
from niwt_tf import config as config_lib
from niwt_tf import errors, workdir
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import knowledge
from niwt_tf.method.calibration import gamma
from niwt_tf.method.domain_map import domain_map
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
    assert artefacts.settings_record(found.settings) == found.settings_record
    assert found.class_names == run.class_names and found.metrics["gamma"] == finished.GAMMA
    assert found.test.seen_classes == run.seen_classes
    np.testing.assert_array_equal(found.features, found.importances.features)
    assert found.taught == [] and found.all_metrics == {}


def test_each_artefact_is_read_on_first_access_and_kept(tmp_path: Path) -> None:
    files = run_files.RunFiles(tmp_path)
    (tmp_path / "transfer").mkdir()
    run_files.write_gamma(tmp_path / "transfer", 0.25)
    assert files.gamma == 0.25
    run_files.write_gamma(tmp_path / "transfer", 0.5)
    assert (files.gamma, run_files.RunFiles(tmp_path).gamma) == (0.25, 0.5)


def test_activations_of_other_images_are_taken_in_place_of_training_images(tmp_path: Path) -> None:
    root = tmp_path / "run"
    finished.write(root)
    json_files.write(root / "config.json", workdir.record(config_lib.RunConfig()))
    others = np.ones((2, 1, 1, finished.NEURONS), np.float16)
    np.save(root / "transfer" / "activations.npy", others)  # which is not read: the settings name training images
    own = artefacts.RunArtefacts(root).transfer_activations
    np.testing.assert_array_equal(own, artefacts.RunArtefacts(root).importances.activations)
    config = config_lib.RunConfig(transfer=config_lib.TransferConfig(transfer_source="noise"))
    json_files.write(root / "config.json", workdir.record(config))
    np.testing.assert_array_equal(artefacts.RunArtefacts(root).transfer_activations, others)
    (root / "transfer" / "activations.npy").unlink()
    with pytest.raises(errors.DamagedError, match="transfer/activations.npy, which does not exist"):
        _ = artefacts.RunArtefacts(root).transfer_activations


@pytest.mark.parametrize(("transfer_fit", "residuals"), [("closed", 2), ("closed", 0), ("descent", 2)])
def test_an_operator_is_there_if_weights_were_fitted_in_closed_form(
    tmp_path: Path, transfer_fit: str, residuals: int
) -> None:
    config = config_lib.RunConfig(transfer=config_lib.TransferConfig(transfer_fit=transfer_fit))
    json_files.write(tmp_path / "config.json", workdir.record(config))
    (tmp_path / "map").mkdir()
    inputs = keras.Input((3,))
    forward = keras.Model(inputs, keras.layers.Dense(4)(inputs))
    domain_map.DomainMap(forward, 0.5, residuals=np.ones((residuals, 4), np.float32)).save(tmp_path / "map")
    if transfer_fit == "closed" and residuals:
        with pytest.raises(errors.DamagedError, match="transfer/operator.npy, which does not exist"):
            _ = artefacts.RunArtefacts(tmp_path).operator
    else:  # as for the models that bundles of format 1 held
        assert artefacts.RunArtefacts(tmp_path).operator is None


def test_a_folder_without_a_run_has_no_settings_and_no_neurons(tmp_path: Path) -> None:
    assert run_files.RunFiles(tmp_path).config_record is None
    assert run_files.RunFiles(tmp_path).seconds("map") is None
    assert run_files.neurons(tmp_path / "explain") == []
    (tmp_path / "explain").mkdir()  # the stage is done
    with pytest.raises(errors.DamagedError, match="explain/neurons.json, which does not exist"):
        run_files.neurons(tmp_path / "explain")
    with pytest.raises(KeyError):
        run_files.RunFiles(tmp_path).setting("dataset")
    json_files.write(tmp_path / "config.json", {"dataset": "aviary"})
    assert run_files.RunFiles(tmp_path).setting("dataset") == "aviary"


def test_settings_of_the_first_bundles_alone_lack_what_came_later(tmp_path: Path) -> None:
    folder = tmp_path / run_files.VALIDATION
    folder.mkdir()
    record = {"map_fit": "ridge", "lambda_": 0.1, "scale": 1.0, "bias": "zero", "kept_share": 0.8, "harmonic_mean": 0.5}
    json_files.write(folder / run_files.SETTINGS, record)
    settings = artefacts.RunArtefacts(tmp_path, bundle_format=1).settings
    assert settings.map_fit == ("ridge", 0) and settings.gamma_transfer == gamma.GammaTransfer(0.8)
    assert (settings.scale_unit, settings.protocol, settings.expected) == ("length", "groups", 0.5)
    lacking = {2: "map_relevance", 3: "imagined_part, map_relevance, scale_unit"}
    for bundle_format, names in (lacking | {np.inf: "imagined_part, map_relevance, rehearsal, scale_unit"}).items():
        with pytest.raises(errors.DamagedError, match=f"settings.json, which has no {names}. "):
            _ = artefacts.RunArtefacts(tmp_path, bundle_format=bundle_format).settings
