# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of baselines on published features, and of their saved scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from niwt_tf.baselines import eszsl
from niwt_tf.baselines import run as baselines
from niwt_tf.compare import published_features


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the baselines that would be measured."""
    names: list[str] = []

    def compare_features(features: str, methods: Sequence[str], seed: int) -> dict[str, Any]:
        names.extend(methods)
        return {name: {"method": name, "harmonic_mean": seed / 10} for name in methods}

    monkeypatch.setattr(baselines, "compare_features", compare_features)
    return names


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """Settings that name a folder of features."""
    folder = tmp_path / "AWA2"
    folder.mkdir()
    for name in ("res101.mat", "att_splits.mat"):
        (folder / name).write_bytes(name.encode())
    return {published_features.FEATURES: f"xlsa17:{folder}", published_features.SEED: 5}


def test_scores_are_used_again_until_features_or_candidates_change(
    tmp_path: Path, settings: dict[str, Any], measured: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert published_features.read_scores(tmp_path, ["eszsl"], settings) == {"eszsl": None}
    published_features.measure(tmp_path, ["eszsl"], settings)
    assert published_features.read_scores(tmp_path, ["eszsl"], settings) == {
        "eszsl": {"method": "eszsl", "harmonic_mean": 0.5}
    }
    published_features.measure(tmp_path, ["eszsl", "sje"], settings)
    assert measured == ["eszsl", "sje"]
    monkeypatch.setattr(eszsl, "CANDIDATES", eszsl.CANDIDATES[:1])
    published_features.measure(tmp_path, ["eszsl", "sje"], settings)
    assert measured == ["eszsl", "sje", "eszsl"]
    (tmp_path / "AWA2" / "res101.mat").write_bytes(b"other")
    assert set(published_features.read_scores(tmp_path, ["eszsl", "sje"], settings).values()) == {None}


def test_the_description_names_the_split_and_the_machine(
    tmp_path: Path, settings: dict[str, Any], measured: list[str]
) -> None:
    assert published_features.describe(tmp_path, settings)["machine"] is None
    published_features.measure(tmp_path, ["eszsl"], settings)
    facts = published_features.describe(tmp_path, settings)
    assert facts["dataset"] == "AWA2"
    assert facts["machine"]["threads"]["intra_op"] >= 1
    assert facts["split_version"].startswith("att_splits.mat, SHA-256 ")
