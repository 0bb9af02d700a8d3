# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the stages that runs have in common, and of links to them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from niwt_tf import config as config_lib
from niwt_tf import workdir
from niwt_tf.compare import grid as grid_lib
from niwt_tf.compare import plan, stage_reuse, worker_job
from niwt_tf.runs import stage_table


def _fingerprints(**changes: object) -> dict[str, dict[str, str]]:
    grid = grid_lib.Grid(config_lib.RunConfig(), methods=("niwt",), **changes)
    return {run.key: stage_table.fingerprints(run.config) for run in plan.plan(grid)}


def _make(root: Path, fingerprints: dict[str, str], *stages: str) -> None:
    for stage in stages:
        with workdir.Workdir(root).writing(stage, workdir.Record(fingerprints[stage])) as folder:
            (folder / "deep").mkdir()
            (folder / "deep" / "file").write_text(f"{stage} in {root.name}", "utf-8")


def test_the_network_is_trained_once_for_all_domains_of_a_seed() -> None:
    fingerprints = _fingerprints(domains=("attributes", "captions", "documents"), seeds=(0, 1))
    parents = stage_reuse.parents(fingerprints, worker_job.STAGES)
    assert parents == {
        "attributes-0": None,
        "captions-0": "attributes-0",
        "documents-0": "attributes-0",
        "attributes-1": None,
        "captions-1": "attributes-1",
        "documents-1": "attributes-1",
    }
    assert stage_reuse.common_stages(fingerprints["attributes-0"], fingerprints["captions-0"], worker_job.STAGES) == [
        "data",
        "activations",
        "rehearsal_backbone",
        "backbone",
        "importances",
    ]


def test_settings_of_the_transfer_and_of_the_map_share_the_network_of_validation() -> None:
    for name in ("lambdas", "map_penalties"):
        fingerprints = _fingerprints(factors=(grid_lib.Factor(name, ("1", "2"), ((1.0,), (2.0,))),))
        first, second = fingerprints
        assert stage_reuse.parents(fingerprints, worker_job.STAGES)[second] == first
        assert "rehearsal_backbone" in stage_reuse.common_stages(
            fingerprints[first], fingerprints[second], worker_job.STAGES
        )
        assert "rehearsal" not in stage_reuse.common_stages(
            fingerprints[first], fingerprints[second], worker_job.STAGES
        )


def test_other_layers_share_images_and_knowledge_only() -> None:
    first, second = _fingerprints(factors=(grid_lib.Factor("layer", ("conv3", "conv4"), ("conv3", "conv4")),)).values()
    assert stage_reuse.common_stages(first, second, worker_job.STAGES) == ["data", "knowledge"]


def test_stages_that_are_done_and_the_same_are_linked(tmp_path: Path) -> None:
    fingerprints = _fingerprints(domains=("attributes", "captions"))
    ours, theirs = fingerprints["attributes-0"], fingerprints["captions-0"]
    _make(tmp_path / "a", ours, "data", "knowledge", "activations")
    _make(tmp_path / "c", theirs, "data")
    assert stage_reuse.link_stages(tmp_path / "a", tmp_path / "c", theirs, worker_job.STAGES) == ["activations"]
    assert workdir.Workdir(tmp_path / "c").is_current("activations", theirs["activations"])
    assert (tmp_path / "c" / "data" / "deep" / "file").read_text("utf-8") == "data in c"
    linked = tmp_path / "c" / "activations" / "deep" / "file"
    assert os.path.samefile(linked, tmp_path / "a" / "activations" / "deep" / "file")
    assert stage_reuse.link_stages(tmp_path / "a", tmp_path / "c", theirs, worker_job.STAGES) == []


def test_the_best_source_has_most_common_stages_and_of_several_is_the_first(tmp_path: Path) -> None:
    fingerprints = _fingerprints()["attributes-0"]
    other = {stage: "other" for stage in fingerprints}
    _make(tmp_path / "a", fingerprints, "data")
    _make(tmp_path / "b", fingerprints, "data", "knowledge", "activations")
    _make(tmp_path / "c", fingerprints, "data", "knowledge", "activations")
    _make(tmp_path / "d", other, "data", "knowledge", "activations", "backbone")
    folders = [tmp_path / name for name in "abcd"]
    assert stage_reuse.best_source(folders, tmp_path / "new", fingerprints, worker_job.STAGES) == tmp_path / "b"
    _make(tmp_path / "new", fingerprints, "knowledge", "activations")
    assert stage_reuse.best_source(folders, tmp_path / "new", fingerprints, worker_job.STAGES) == tmp_path / "a"


def test_a_stage_that_is_remade_leaves_the_other_run_unchanged(tmp_path: Path) -> None:
    fingerprints = _fingerprints()["attributes-0"]
    _make(tmp_path / "a", fingerprints, "data")
    stage_reuse.link_stages(tmp_path / "a", tmp_path / "b", fingerprints, worker_job.STAGES)
    _make(tmp_path / "b", {"data": "other"}, "data")
    assert (tmp_path / "a" / "data" / "deep" / "file").read_text("utf-8") == "data in a"


def test_without_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(source: str, target: str) -> None:
        raise OSError("Invalid cross-device link")

    monkeypatch.setattr(os, "link", link)
    fingerprints = _fingerprints()["attributes-0"]
    _make(tmp_path / "a", fingerprints, "data")
    assert stage_reuse.link_stages(tmp_path / "a", tmp_path / "b", fingerprints, worker_job.STAGES) == ["data"]
    assert (tmp_path / "b" / "data" / "deep" / "file").read_text("utf-8") == "data in a"
