# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what runs have in common, and of links to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from niwt_tf import config as config_lib
from niwt_tf import workdir
from niwt_tf.compare import axes, plan, sharing, work
from niwt_tf.runs import stage_table


def _prints(**changes: object) -> dict[str, dict[str, str]]:
    comparison = axes.Axes(config_lib.RunConfig(), methods=("niwt",), **changes)
    return {run.key: stage_table.fingerprints(run.config) for run in plan.plan(comparison)}


def _make(root: Path, prints: dict[str, str], *stages: str) -> None:
    for stage in stages:
        with workdir.Workdir(root).writing(stage, prints[stage]) as folder:
            (folder / "deep").mkdir()
            (folder / "deep" / "file").write_text(f"{stage} in {root.name}", "utf-8")


def test_the_network_is_trained_once_for_all_domains_of_a_seed() -> None:
    prints = _prints(domains=("attributes", "captions", "documents"), seeds=(0, 1))
    parents = sharing.parents(prints, work.STAGES)
    assert parents == {
        "attributes-0": None,
        "captions-0": "attributes-0",
        "documents-0": "attributes-0",
        "attributes-1": None,
        "captions-1": "attributes-1",
        "documents-1": "attributes-1",
    }
    assert sharing.shared(prints["attributes-0"], prints["captions-0"], work.STAGES) == [
        "data",
        "activations",
        "rehearsal_backbone",
        "backbone",
        "importances",
    ]


def test_settings_of_the_transfer_share_the_rehearsals_network_and_those_of_the_map_too() -> None:
    for name in ("lambdas", "map_penalties"):
        prints = _prints(vary=(axes.Vary(name, ("1", "2"), ((1.0,), (2.0,))),))
        first, second = prints
        assert sharing.parents(prints, work.STAGES)[second] == first
        assert "rehearsal_backbone" in sharing.shared(prints[first], prints[second], work.STAGES)
        assert "rehearsal" not in sharing.shared(prints[first], prints[second], work.STAGES)


def test_other_layers_share_no_more_than_the_images() -> None:
    first, second = _prints(vary=(axes.Vary("layer", ("conv3", "conv4"), ("conv3", "conv4")),)).values()
    assert sharing.shared(first, second, work.STAGES) == ["data", "knowledge"]


def test_links_are_of_what_is_done_and_the_same(tmp_path: Path) -> None:
    prints = _prints(domains=("attributes", "captions"))
    ours, theirs = prints["attributes-0"], prints["captions-0"]
    _make(tmp_path / "a", ours, "data", "knowledge", "activations")
    _make(tmp_path / "c", theirs, "data")
    assert sharing.link(tmp_path / "a", tmp_path / "c", theirs, work.STAGES) == ["activations"]
    assert workdir.Workdir(tmp_path / "c").is_current("activations", theirs["activations"])
    assert (tmp_path / "c" / "data" / "deep" / "file").read_text("utf-8") == "data in c"
    linked = tmp_path / "c" / "activations" / "deep" / "file"
    assert os.path.samefile(linked, tmp_path / "a" / "activations" / "deep" / "file")
    assert sharing.link(tmp_path / "a", tmp_path / "c", theirs, work.STAGES) == []


def test_most_is_taken_of_the_run_with_most_that_is_the_same_and_of_several_of_the_first(tmp_path: Path) -> None:
    prints = _prints()["attributes-0"]
    other = {stage: "other" for stage in prints}
    _make(tmp_path / "a", prints, "data")
    _make(tmp_path / "b", prints, "data", "knowledge", "activations")
    _make(tmp_path / "c", prints, "data", "knowledge", "activations")
    _make(tmp_path / "d", other, "data", "knowledge", "activations", "backbone")
    folders = [tmp_path / name for name in "abcd"]
    assert sharing.nearest(folders, tmp_path / "new", prints, work.STAGES) == tmp_path / "b"
    _make(tmp_path / "new", prints, "knowledge", "activations")
    assert sharing.nearest(folders, tmp_path / "new", prints, work.STAGES) == tmp_path / "a"


def test_a_stage_made_anew_leaves_the_other_run_as_it_is(tmp_path: Path) -> None:
    prints = _prints()["attributes-0"]
    _make(tmp_path / "a", prints, "data")
    sharing.link(tmp_path / "a", tmp_path / "b", prints, work.STAGES)
    _make(tmp_path / "b", {"data": "other"}, "data")
    assert (tmp_path / "a" / "data" / "deep" / "file").read_text("utf-8") == "data in a"


def test_where_there_are_no_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(source: str, target: str) -> None:
        raise OSError("Invalid cross-device link")

    monkeypatch.setattr(os, "link", link)
    prints = _prints()["attributes-0"]
    _make(tmp_path / "a", prints, "data")
    assert sharing.link(tmp_path / "a", tmp_path / "b", prints, work.STAGES) == ["data"]
    assert (tmp_path / "b" / "data" / "deep" / "file").read_text("utf-8") == "data in a"
