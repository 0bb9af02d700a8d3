# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests that each stage lists all other stages that it reads, by the files that it opens."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import stage_reads

from niwt_tf import workdir
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import build as build_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.config import settings as config_lib
from niwt_tf.pipeline import context, runner, stages
from niwt_tf.runs import stage_table

_ACTIVATIONS = {"rehearsal_backbone", "backbone", "importances", "explain"}  # read them if the network is frozen


@pytest.fixture(scope="module")
def reads_of_frozen(
    config: config_lib.RunConfig, whole: workdir.Workdir, tmp_path_factory: pytest.TempPathFactory
) -> stage_reads.Reads:
    """What the stages read of a run that trains a new classifier on the network that `whole` trained."""
    trained = classifier_lib.Classifier.load(whole.path("backbone")).backbone
    backbone = dataclasses.replace(config.backbone, classifier_epochs=5)
    validation = dataclasses.replace(config.validation, lambdas=(0.1,), scales=(1.0,), validation_groups=1)
    folder = workdir.Workdir(tmp_path_factory.mktemp("frozen"))
    with pytest.MonkeyPatch.context() as patch, stage_reads.note() as reads:
        patch.setattr(build_lib, "build", lambda _: backbone_lib.InitialNetwork(trained, True))
        runner.run(dataclasses.replace(config, backbone=backbone, validation=validation), folder)
    return reads


def test_a_stage_lists_all_that_it_reads(
    whole_and_reads: tuple[workdir.Workdir, stage_reads.Reads], reads_of_frozen: stage_reads.Reads
) -> None:
    listed = {name: set(stage.reads) for name, stage in stage_table.STAGES.items()}
    _, reads = whole_and_reads
    assert reads == {name: of - {"activations"} if name in _ACTIVATIONS else of for name, of in listed.items()}
    assert reads_of_frozen == listed


def test_a_stage_that_reads_more_is_noticed(
    config: config_lib.RunConfig, whole: workdir.Workdir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def inverse_map(run: context.Run, folder: Path) -> None:
        original(run, folder)
        assert run.artefacts.gamma

    original = stages.FUNCTIONS["inverse_map"]
    monkeypatch.setitem(stages.FUNCTIONS, "inverse_map", inverse_map)
    with stage_reads.note() as reads:
        stages.FUNCTIONS["inverse_map"](context.Run(config, whole), tmp_path)
    assert reads == {"inverse_map": {*stage_table.STAGES["inverse_map"].reads, "transfer"}}
