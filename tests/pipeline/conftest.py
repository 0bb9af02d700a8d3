# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A run of seconds on the tiny aviary, made once for all tests of the pipeline, and what its stages opened."""

from __future__ import annotations

import dataclasses

import keras
import pytest
import stage_reads

from niwt_tf import workdir
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import build as build_lib
from niwt_tf.backbones import small
from niwt_tf.config import settings as config_lib
from niwt_tf.pipeline import runner


@pytest.fixture(scope="session")
def config(tiny_data_config: config_lib.DataConfig) -> config_lib.RunConfig:
    """A run of seconds on the tiny aviary."""
    return config_lib.RunConfig(
        data=tiny_data_config,
        backbone=config_lib.BackboneConfig(epochs=2, batch_size=16),
        map=config_lib.MapConfig(map_steps=20, map_folds=3),
        transfer=config_lib.TransferConfig(transfer_steps=10, transfer_images=16),
        validation=config_lib.ValidationConfig(
            map_fits=("descent", "ridge"),
            map_relevances=(0, 10),
            lambdas=(0.0, 0.1),
            scales=(0.0, 1.0),
            biases=("mean", "zero"),
        ),
    )


@pytest.fixture(scope="session")
def whole_and_reads(
    config: config_lib.RunConfig, tmp_path_factory: pytest.TempPathFactory
) -> tuple[workdir.Workdir, stage_reads.Reads]:
    """The folder of a run that nothing interrupted, and which artefacts each of its stages opened."""
    folder = workdir.Workdir(tmp_path_factory.mktemp("whole"))
    with stage_reads.note() as reads:
        assert runner.run(config, folder) is not None
    return folder, reads


@pytest.fixture(scope="session")
def whole(whole_and_reads: tuple[workdir.Workdir, stage_reads.Reads]) -> workdir.Workdir:
    """The folder of a run that nothing interrupted."""
    return whole_and_reads[0]


@pytest.fixture(scope="session")
def frozen_and_reads(
    config: config_lib.RunConfig, tmp_path_factory: pytest.TempPathFactory
) -> tuple[workdir.Workdir, stage_reads.Reads]:
    """The folder of a run that keeps a network as it is, one of random weights, and what each of its stages read.

    It chooses nothing, so that its numbers hardly depend on how a processor rounds.
    """
    keras.utils.set_random_seed(0)
    network = backbone_lib.InitialNetwork(backbone_lib.Backbone(small.build(), "conv4"), True)
    settings = dataclasses.replace(
        config,
        backbone=dataclasses.replace(config.backbone, classifier_epochs=5),
        validation=config_lib.ValidationConfig(
            map_fits=("ridge",),
            map_relevances=(10,),
            lambdas=(0.1,),
            scales=(1.0,),
            biases=("mean",),
            validation_groups=1,
        ),
    )
    folder = workdir.Workdir(tmp_path_factory.mktemp("frozen"))
    with pytest.MonkeyPatch.context() as patch, stage_reads.note() as reads:
        patch.setattr(build_lib, "build", lambda _: network)
        runner.run(settings, folder)
    return folder, reads
