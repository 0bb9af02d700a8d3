# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of many tests: a tiny aviary, drawn once a session, and real files that are not part of the repository."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from niwt_tf.util import machine

if TYPE_CHECKING:
    from niwt_tf import config as config_lib
    from niwt_tf.data import zero_shot

_ROOT = Path(__file__).resolve().parents[1]
_IMAGE_SIZE = 64  # pixels

# Folders whose files take longest, few as their tests may be. They come first, so that no process waits at the end.
_LONG = ("pipeline", "cli", "explain", "compare", "baselines", "backbones", "export", "tensorboard_log")

signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore Ctrl-C, and so would programs
machine.prefer_onednn()  # as the programs do, whose artefacts tests compare with those of calls


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files by how long they take, and leave the order within them."""
    items.sort(key=lambda item: item.path.parent.name not in _LONG)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option that writes golden numbers anew: see tests/pipeline/test_golden_stages.py."""
    parser.addoption("--rewrite_golden", action="store_true", help="write tests/golden/stages.json anew")


@pytest.fixture(scope="session")
def tiny_data_config(tmp_path_factory: pytest.TempPathFactory) -> config_lib.DataConfig:
    """Nine seen and three unseen species; of so few, not every seed can give three that share all values."""
    from niwt_tf import config as config_lib  # inside, so that tests without it need not wait for TensorFlow
    from niwt_tf.data.aviary import loader

    config = config_lib.DataConfig(
        data_dir=str(tmp_path_factory.mktemp("datasets")),
        aviary_seed=7,
        aviary_classes=12,
        aviary_unseen=3,
        aviary_images=6,
    )
    loader.load(config, _IMAGE_SIZE)
    return config


@pytest.fixture(scope="session")
def tiny_data_dir(tiny_data_config: config_lib.DataConfig) -> Path:
    """Where the tiny aviary lies prepared."""
    return Path(tiny_data_config.data_dir)


@pytest.fixture(scope="session")
def tiny_dataset(tiny_data_config: config_lib.DataConfig) -> zero_shot.ZeroShotDataset:
    """The tiny aviary: 9 x 6 training, 9 x 20 and 3 x 30 test images of 64 x 64 pixels."""
    from niwt_tf.data.aviary import loader

    return loader.load(tiny_data_config, _IMAGE_SIZE)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real benchmark files beside the repository."""
    folder = Path(os.environ.get("NIWT_SHARED_DATA") or _ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"needs real files of the benchmarks: {folder} is no folder; NIWT_SHARED_DATA names another")
    return folder
