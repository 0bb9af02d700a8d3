# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests that settings and metrics for others hold no folder of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from niwt_tf import config as config_lib
from niwt_tf import workdir
from niwt_tf.runs import portable

_CONFIG = config_lib.RunConfig(
    data=config_lib.DataConfig("folder", "/home/anna/birds", "/scratch/prepared", ("zebra",)),
    domain=config_lib.DomainConfig("captions", text_encoder="word2vec:/home/anna/words.txt", captions_dir="~/captions"),
    backbone=config_lib.BackboneConfig("keras:/home/anna/nets/zoo.keras", import_module="/home/anna/layers.py"),
    seed=3,
)


def test_paths_become_their_last_names_and_all_else_stays() -> None:
    config = portable.config(_CONFIG)
    assert (config.data.data_dir, config.data.prepared_dir, config.data.unseen) == ("birds", "", ("zebra",))
    assert (config.domain.text_encoder, config.domain.captions_dir) == ("word2vec:words.txt", "captions")
    assert (config.backbone.backbone, config.backbone.import_module) == ("keras:zoo.keras", "layers.py")
    assert config.seed == 3
    assert portable.config(config) == config


def test_the_settings_of_a_bundle_keep_what_it_reads_from_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    record = portable.settings(workdir.record(_CONFIG), is_read_again=True)
    assert record["text_encoder"] == "word2vec:~/words.txt"
    assert (record["backbone"], record["data_dir"]) == ("keras:zoo.keras", "birds")
    assert config_lib.from_record(record).domain.text_encoder == "word2vec:~/words.txt"


def test_texts_of_metrics_lose_their_paths_and_classes_stay() -> None:
    record = {"domain_source": "3 attributes: /data/a.csv", "imageless_classes": ["/x"], "seed": 3, "backbone": "small"}
    assert portable.metrics(record) == record | {"domain_source": "3 attributes: a.csv"}


def test_a_run_in_the_current_folder_is_unchanged() -> None:
    relative = config_lib.RunConfig(data=config_lib.DataConfig("folder", str(Path("mine") / "birds")))
    assert portable.config(relative) == relative
