# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the table of stages says of each stage: what it reads, and which version of its numbers it computes.

Where the numbers of a stage change on purpose, raise its version in niwt_tf/runs/stage_table.py, so that no run takes
what was made before for fresh, and rewrite tests/golden/stages.json with

    python -m pytest -n0 -m slow tests/pipeline/test_golden_stages.py --rewrite_golden
"""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stage_numbers
import stage_reads

from niwt_tf import workdir
from niwt_tf.config import settings as config_lib
from niwt_tf.pipeline import context, stages
from niwt_tf.runs import stage_table
from niwt_tf.util import json_files

pytestmark = pytest.mark.slow  # two whole runs, which .ci/run makes

_GOLDEN = Path(__file__).parents[1] / "golden" / "stages.json"
_ACTIVATIONS = {"rehearsal_backbone", "backbone", "importances", "explain"}  # read them if the network is frozen
_TRAINED = ("rehearsal_backbone", "backbone", "importances")  # whose numbers depend on the training of a network
_TOLERANCE = {"frozen": 0.001, "trained": 0.01}  # shares of an array's size; with and without oneDNN it is 1e-5
_CASES = [("frozen", name) for name in stage_table.STAGES] + [("trained", name) for name in _TRAINED]


@pytest.fixture(scope="module")
def runs(
    whole: workdir.Workdir,
    frozen_and_reads: tuple[workdir.Workdir, stage_reads.Reads],
    request: pytest.FixtureRequest,
) -> dict[str, workdir.Workdir]:
    """A run that trains its network, and one that does not; the golden numbers are made from them on request."""
    folders = {"trained": whole, "frozen": frozen_and_reads[0]}
    if request.config.getoption("--rewrite_golden"):
        golden: dict[str, Any] = {}
        for kind, name in _CASES:
            numbers = stage_numbers.summarize(folders[kind].path(name))
            golden.setdefault(kind, {})[name] = {"version": stage_table.STAGES[name].version, "numbers": numbers}
        json_files.write(_GOLDEN, golden)
    return folders


def _complaint(kind: str, name: str, folder: Path) -> str:
    """Says what is to be done if the numbers in the folder of a stage are not the golden ones; empty if they are."""
    golden, version = json_files.read(_GOLDEN)[kind][name], stage_table.STAGES[name].version
    differences = stage_numbers.differences(stage_numbers.summarize(folder), golden["numbers"], _TOLERANCE[kind])
    if golden["version"] != version:
        return f"The golden numbers are of version {golden['version']} of {name}, which is now {version}: rewrite them."
    if differences:
        told = "\n  ".join(differences[:5])
        return f"The numbers of {name} changed, but not its version {version}: raise it in the table.\n  {told}"
    return ""


@pytest.mark.parametrize(("kind", "name"), _CASES)
def test_the_numbers_of_a_stage_are_those_of_its_version(
    kind: str, name: str, runs: dict[str, workdir.Workdir]
) -> None:
    complaint = _complaint(kind, name, runs[kind].path(name))
    assert not complaint, f"{complaint}\n{__doc__}"


def _scaled(values: np.ndarray) -> np.ndarray:
    return values * np.asarray(1.02, values.dtype)


def _turned(values: np.ndarray) -> np.ndarray:
    return values[::-1].copy()


@pytest.mark.parametrize("change", [_scaled, _turned])
@pytest.mark.parametrize(("name", "array"), [("importances", "values.npy"), ("transfer", "operator.npy")])
def test_changed_numbers_are_noticed_and_the_stage_is_named(
    name: str, array: str, change: Any, runs: dict[str, workdir.Workdir], tmp_path: Path
) -> None:
    folder = shutil.copytree(runs["frozen"].path(name), tmp_path / name)
    np.save(folder / array, change(np.load(folder / array)))
    expected = f"The numbers of {name} changed, but not its version {stage_table.STAGES[name].version}: raise it in "
    assert _complaint("frozen", name, folder).startswith(expected)
    assert f"\n  {array} was [" in _complaint("frozen", name, folder)


def test_other_rounding_is_not_taken_for_a_change(runs: dict[str, workdir.Workdir], tmp_path: Path) -> None:
    folder, noise = shutil.copytree(runs["frozen"].path("importances"), tmp_path / "copy"), np.random.default_rng(0)
    values = np.load(folder / "values.npy")
    np.save(folder / "values.npy", values * (1 + 1e-4 * noise.normal(size=values.shape).astype(values.dtype)))
    assert _complaint("frozen", "importances", folder) == ""


def test_a_new_version_asks_for_new_golden_numbers(
    runs: dict[str, workdir.Workdir], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = stage_table.STAGES["map"]
    monkeypatch.setitem(stage_table.STAGES, "map", dataclasses.replace(stage, version=stage.version + 1))
    complaint = _complaint("frozen", "map", runs["frozen"].path("map"))
    assert complaint.endswith(f"of version {stage.version} of map, which is now {stage.version + 1}: rewrite them.")


def test_a_stage_lists_all_that_it_reads(
    whole_and_reads: tuple[workdir.Workdir, stage_reads.Reads],
    frozen_and_reads: tuple[workdir.Workdir, stage_reads.Reads],
) -> None:
    listed = {name: set(stage.reads) for name, stage in stage_table.STAGES.items()}
    (_, reads), (_, reads_of_frozen) = whole_and_reads, frozen_and_reads
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
