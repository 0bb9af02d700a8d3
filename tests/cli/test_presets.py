# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests that the presets of the paper hold the settings of the original, and that they run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from absl import flags

import fakes.awa2
import fakes.cub
from fakes import benchmark
from niwt_tf import config as config_lib
from niwt_tf.cli import flags as flags_lib

_FLAGS = Path(__file__).resolve().parents[2] / "flags"
_NEW_LAYER = {"classifier": "softmax", "classifier_learning_rate": 1e-3, "classifier_penalty": 5e-4}
_WHOLE_NETWORK = {"finetune": "full", "learning_rate": 1e-5, "weight_decay": 5e-4, "finetune_from": ""}
_OF_ALL = {
    **_NEW_LAYER,
    **_WHOLE_NETWORK,
    "weights": "imagenet",
    "dropout": 0.5,
    "label_smoothing": 0.0,
    "image_size": 0,
    "preprocessing": "auto",
    "transfer_images": 3000,
    "map_fits": ("descent",),
    "transfer_fit": "descent",
    "scales": (0.0,),
}
_OF_BACKBONE = {
    "vgg16": {"layer": "block5_conv3", "batch_size": 64},
    "resnet101": {"layer": "conv5_block1_out", "batch_size": 32},
}
_OF_DATASET = {
    "awa2": {"transfer_learning_rate": 1e-3, "map_folds": 40 // 5},
    "cub": {"transfer_learning_rate": 1e-4, "map_folds": 150 // 5},
}
_TRANSFERS = {  # (lambda, batch)
    ("awa2", "vgg16", "attributes"): (1e-3, 64),
    ("awa2", "vgg16", "captions"): (1e-3, 64),
    ("awa2", "resnet101", "attributes"): (1e-3, 32),
    ("awa2", "resnet101", "captions"): (1e-3, 32),
    ("cub", "vgg16", "attributes"): (1e-2, 32),
    ("cub", "vgg16", "captions"): (1e-4, 32),
    ("cub", "resnet101", "attributes"): (1e-2, 32),
    ("cub", "resnet101", "captions"): (1e-2, 64),
}


def _config(name: str, *arguments: str) -> config_lib.RunConfig:
    values = flags.FlagValues()
    flags_lib.define(values, "niwt")
    values(["niwt", f"--flagfile={_FLAGS / name}.flags", *arguments])
    return flags_lib.config(values)


@pytest.mark.parametrize("case", _TRANSFERS, ids="_".join)
def test_a_preset_holds_the_settings_of_the_original(case: tuple[str, str, str]) -> None:
    dataset, backbone, domain = case
    lambda_, batch = _TRANSFERS[case]
    expected = {"dataset": dataset, "backbone": backbone, "domain": domain, **_OF_ALL, **_OF_BACKBONE[backbone]}
    expected |= {**_OF_DATASET[dataset], "lambdas": (lambda_,), "transfer_batch": batch}
    values = {name: value for name, (value, _) in config_lib.options(_config("_".join(case))).items()}
    assert {name: values[name] for name in expected} == expected


def test_every_preset_of_a_network_with_weights_is_in_the_table() -> None:
    stems = {path.stem for path in _FLAGS.glob("*.flags") if not path.stem.startswith(("compare_", "ablate_"))}
    assert {stem for stem in stems if _config(stem).backbone.backbone != "small"} == set(map("_".join, _TRANSFERS))


def _write_cub(root: Path) -> benchmark.Fake:
    fake = fakes.cub.write(root)
    fakes.cub.write_captions(fake)
    return fake


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "write"),
    [("awa2_vgg16_attributes", fakes.awa2.write), ("cub_resnet101_captions", _write_cub)],
)
def test_a_preset_runs_from_photographs_to_scores(
    preset: str, write: Callable[[Path], benchmark.Fake], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from niwt_tf import pipeline, workdir
    from niwt_tf.data import registry
    from niwt_tf.data.benchmarks import loader

    settings = _shortened(_config(preset, f"--data_dir={tmp_path}", f"--prepared_dir={tmp_path / 'prepared'}"))
    fake = write(tmp_path)
    builder = fake.builder(_builder(settings.data.dataset))
    load: Any = lambda config, size: loader.load(builder, config, size)  # noqa: E731
    monkeypatch.setitem(registry._LOADERS, settings.data.dataset, load)
    metrics = pipeline.run(settings, workdir.Workdir(tmp_path / "run"))
    assert metrics is not None
    assert (metrics["dataset"], metrics["backbone"]) == (settings.data.dataset, settings.backbone.backbone)
    assert (metrics["layer"], metrics["fine_tuned"]) == (settings.backbone.layer, "full")
    assert (metrics["lambda"], metrics["scale"], metrics["bias"]) == (settings.validation.lambdas[0], 0.0, "mean")
    assert (metrics["seen_classes"], metrics["unseen_classes"]) == (5, 2)
    assert 0 <= metrics["harmonic_mean"] <= 1


def _shortened(config: config_lib.RunConfig) -> config_lib.RunConfig:
    """Returns what a preset asks for, but from random weights, on small images where it can, and for a moment."""
    size = 0 if config.backbone.backbone == "vgg16" else 64
    return dataclasses.replace(
        config,
        backbone=dataclasses.replace(
            config.backbone, weights="none", image_size=size, epochs=1, batch_size=8, classifier_epochs=2, patience=0
        ),
        map=dataclasses.replace(config.map, map_steps=10),
        transfer=dataclasses.replace(config.transfer, transfer_images=4, transfer_batch=2, transfer_steps=3),
    )


def _builder(dataset: str) -> Any:
    from fakes import kinds

    return kinds.KINDS[dataset][1]
