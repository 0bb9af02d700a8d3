# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the datasets by name."""

from __future__ import annotations

from typing import Any

import pytest

from niwt_tf import config as config_lib
from niwt_tf.data import registry, user_images, zero_shot


def test_the_aviary_comes_by_its_name(
    tiny_data_config: config_lib.DataConfig, tiny_dataset: zero_shot.ZeroShotDataset
) -> None:
    dataset = registry.load(tiny_data_config, 64)
    assert dataset.name == tiny_data_config.dataset == "aviary"
    assert (dataset.class_names, dataset.split_sha256) == (tiny_dataset.class_names, tiny_dataset.split_sha256)


def test_every_dataset_of_the_flag_has_a_loader_and_no_other() -> None:
    _, field = config_lib.options(config_lib.DataConfig())["dataset"]
    assert set(registry._LOADERS) == set(field.metadata["choices"])


@pytest.mark.parametrize(
    ("dataset", "encoding"), [("aviary", user_images.LOSSLESS), ("folder", user_images.JPEG), ("cub", user_images.JPEG)]
)
def test_photographs_are_jpegs_and_drawings_are_not(dataset: str, encoding: str) -> None:
    assert registry.image_encoding(dataset) == encoding


def test_a_loader_gets_the_settings_whole_and_the_size_of_images(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    monkeypatch.setitem(registry._LOADERS, "aviary", lambda *arguments: calls.append(arguments))
    config = config_lib.DataConfig(dataset="aviary", data_dir="somewhere", aviary_seed=3)
    registry.load(config, 96)
    assert calls == [(config, 96)]
