# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of a comparison as a whole: its rows, its failures, and the files that it writes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import io

from fakes import holding
from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.compare import comparison, jobs, plan, worker_job, workers
from niwt_tf.compare import grid as grid_lib
from niwt_tf.util import json_files, locks

_METRICS = {"dataset": "aviary", "split_version": "1", "backbone": "small", "fine_tuned": "full", "layer": "conv4"}


@dataclasses.dataclass(frozen=True)
class _Job(jobs.ComparisonJob):
    """Job with fixed scores: method -> H, None for a method that is not done."""

    h: dict[str, float | None] = dataclasses.field(default_factory=dict)

    def scores(self) -> dict[str, dict[str, Any] | None]:
        return {method: None if h is None else _scores(h) for method, h in self.h.items()}

    def metrics(self) -> dict[str, Any] | None:
        return _METRICS


def _scores(h: float) -> dict[str, Any]:
    names = ("seen_accuracy", "unseen_accuracy", "zsl_accuracy", "ausuc", "harmonic_mean_uncalibrated")
    return dict.fromkeys(names, 0.5) | {"harmonic_mean": h, "harmonic_mean_expected": 0.9, "seconds": 1.0}


def _request(out: Path, **changes: Any) -> comparison.Request:
    methods = ("eszsl", "niwt")
    grid = grid_lib.Grid(config_lib.RunConfig(), methods=methods, domains=("captions", "attributes"))
    return comparison.Request(grid, out, "niwt_compare", **changes)


def _job(out: Path, domain: str, seed: str, **h: float | None) -> _Job:
    row_keys = tuple(plan.RowKey(method, domain) for method in h)
    return _Job(f"{domain}-{seed}", seed, row_keys, worker_job.JobSpec(out / f"{domain}-{seed}", (), {}), h=h)


def test_rows_have_the_order_of_the_request_and_failures_are_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = [
        _job(tmp_path, "attributes", "0", niwt=0.5, eszsl=0.6),
        _job(tmp_path, "captions", "0", niwt=0.7, eszsl=None),
        _job(tmp_path, "attributes", "1", niwt=None, eszsl=None),
    ]
    started: list[str] = []

    def run(tasks: Sequence[workers.Task], *_: Any) -> dict[str, int]:
        started.extend(task.key for task in tasks)
        json_files.write(tmp_path / "captions-0" / "failures.json", {"eszsl": "LinAlgError: singular"})
        return {"captions-0": 1, "attributes-1": -9}

    monkeypatch.setattr(jobs, "run_jobs", lambda *_: planned)
    monkeypatch.setattr(workers, "run", run)
    result = comparison.compare(_request(tmp_path))
    assert started == ["captions-0", "attributes-1"]
    killed = {"1": "the process was ended by signal 9, perhaps because memory ran out"}
    assert [(row.key.domain, row.name, row.values("H"), row.failures) for row in result.rows] == [
        ("captions", "eszsl", {}, {"0": "LinAlgError: singular"}),
        ("captions", "niwt", {"0": 0.7}, {}),
        ("attributes", "eszsl", {"0": 0.6}, killed),
        ("attributes", "niwt", {"0": 0.5}, killed),
    ]
    assert result.logs == [worker_job.log(tmp_path / key) for key in started]
    assert result.failed and result.made_seconds == 3.0
    written = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert written == {"table.md", "table.csv", "table.json", "figure.png", "figure.svg", "figure.pdf"}


def test_a_process_that_fails_after_its_work_counts_as_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = _job(tmp_path, "attributes", "0", niwt=None)

    def run(*_: Any) -> dict[str, int]:
        job.h["niwt"] = 0.5
        return {"attributes-0": 1}

    monkeypatch.setattr(jobs, "run_jobs", lambda *_: [job])
    monkeypatch.setattr(workers, "run", run)
    result = comparison.compare(_request(tmp_path))
    assert not result.failed and not result.logs


def test_a_folder_that_cannot_be_written_is_an_error_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(errors.UserError, match="`out` must be a folder that can be written. Received: out="):
        comparison.compare(_request(tmp_path / "file"))


@pytest.mark.slow
def test_invalid_features_are_marked(tmp_path: Path) -> None:
    names = np.array([["ant"], ["bee"]], object)
    io.savemat(tmp_path / "att_splits.mat", {"att": np.eye(2), "allclasses_names": names})
    images = {"features": np.ones((3, 4)), "labels": np.ones((5, 1)), "image_files": np.array([["a.jpg"]] * 5, object)}
    io.savemat(tmp_path / "res101.mat", images)
    grid = grid_lib.Grid(config_lib.RunConfig(), methods=("niwt", "eszsl"))
    request = comparison.Request(grid, tmp_path / "out", "niwt_compare", features=f"xlsa17:{tmp_path}")
    (row,) = comparison.compare(request).rows
    assert row.name == "eszsl" and not row.scores
    assert row.failures["0"].startswith("`features` must have a column for each of `labels` and `image_files`.")
    text = (tmp_path / "out" / "table.md").read_text("utf-8")
    assert "Niwt is left out, as it needs the network" in text


def test_a_comparison_waits_for_another_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = _job(tmp_path, "attributes", "0", niwt=0.5, eszsl=None)
    monkeypatch.setattr(jobs, "run_jobs", lambda *_: [job])
    monkeypatch.setattr(workers, "run", lambda tasks, *_: {})
    with holding.another_process(locks.within(tmp_path)) as process:
        lines = holding.end_when_waited_for(monkeypatch, process, lambda: job.h.update(eszsl=0.6))
        result = comparison.compare(_request(tmp_path))
    assert lines[0].endswith(f", which writes the comparison in {tmp_path}")
    assert lines[1:] == ["runs: 1, of which 1 are done"] and not result.failed
    assert not list(tmp_path.glob(".*"))
