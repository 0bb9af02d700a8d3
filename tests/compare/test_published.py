# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of baselines on published features, and of what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from niwt_tf.baselines import eszsl
from niwt_tf.baselines import run as baselines
from niwt_tf.compare import published


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes what is measured, in place of measuring it."""
    noted: list[str] = []

    def compare_features(features: str, methods: Sequence[str], seed: int) -> dict[str, Any]:
        noted.extend(methods)
        return {name: {"method": name, "harmonic_mean": seed / 10} for name in methods}

    monkeypatch.setattr(baselines, "compare_features", compare_features)
    return noted


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """Names a folder of features."""
    folder = tmp_path / "AWA2"
    folder.mkdir()
    for name in ("res101.mat", "att_splits.mat"):
        (folder / name).write_bytes(name.encode())
    return {published.FEATURES: f"xlsa17:{folder}", published.SEED: 5}


def test_what_is_done_is_not_done_again(
    tmp_path: Path, settings: dict[str, Any], measured: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert published.found(tmp_path, ["eszsl"], settings) == {"eszsl": None}
    published.measure(tmp_path, ["eszsl"], settings)
    assert published.found(tmp_path, ["eszsl"], settings) == {"eszsl": {"method": "eszsl", "harmonic_mean": 0.5}}
    published.measure(tmp_path, ["eszsl", "sje"], settings)
    assert measured == ["eszsl", "sje"]
    monkeypatch.setattr(eszsl, "CANDIDATES", eszsl.CANDIDATES[:1])
    published.measure(tmp_path, ["eszsl", "sje"], settings)
    assert measured == ["eszsl", "sje", "eszsl"]
    (tmp_path / "AWA2" / "res101.mat").write_bytes(b"other")
    assert set(published.found(tmp_path, ["eszsl", "sje"], settings).values()) == {None}


def test_what_they_rest_on_says_the_split_and_the_machine(
    tmp_path: Path, settings: dict[str, Any], measured: list[str]
) -> None:
    assert published.about(tmp_path, settings)["machine"] is None
    published.measure(tmp_path, ["eszsl"], settings)
    about = published.about(tmp_path, settings)
    assert about["dataset"] == "AWA2"
    assert about["machine"]["threads"]["intra_op"] >= 1
    assert about["split_version"].startswith("att_splits.mat, SHA-256 ")
