# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the job of a worker process, and of the record of its errors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors, pipeline, workdir
from niwt_tf.baselines import run as baselines
from niwt_tf.compare import worker_job
from niwt_tf.runs import stage_table


def _job(root: Path, *methods: str) -> worker_job.JobSpec:
    job = worker_job.JobSpec(root, methods, workdir.record(config_lib.RunConfig(seed=3)), (), True)
    return worker_job.read(job.write())


def _do_nothing() -> None:
    return None


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the baselines that are measured; runs do nothing, and only `sae` fails."""
    names: list[str] = []

    def compare(root: Path, methods: Sequence[str]) -> dict[str, Any]:
        for method in methods:
            if method == "sae":
                raise MemoryError("9 GiB\nand more")
            names.append(method)
        return {}

    monkeypatch.setattr(pipeline, "run", lambda *_: None)
    monkeypatch.setattr(baselines, "compare", compare)
    monkeypatch.setattr(baselines, "read_scores", lambda root, methods: dict.fromkeys(methods, {}))
    return names


def test_a_job_is_read_as_it_was_written(tmp_path: Path) -> None:
    job = worker_job.JobSpec(
        tmp_path / "a", ("sje",), {"seed": 3, "lambdas": [0.5]}, (tmp_path / "b", tmp_path / "c"), True
    )
    assert worker_job.read(job.write()) == job


def test_a_run_ends_with_its_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[Any] = []
    monkeypatch.setattr(pipeline, "run", lambda *arguments: received.extend(arguments))
    assert worker_job.execute(_job(tmp_path), _do_nothing) == {}
    config, folder, stages, overwrite, start = received
    assert (config, folder.root, overwrite, start) == (config_lib.RunConfig(seed=3), tmp_path, True, _do_nothing)
    assert stages[0] == "data" and stages[-1] == "evaluate" and "explain" not in stages


def test_a_run_starts_from_stages_of_the_best_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_lib.RunConfig(seed=3)
    records = stage_table.records(config)
    for name, stages in {"few": ["data"], "many": ["data", "activations"]}.items():
        for stage in stages:
            with workdir.Workdir(tmp_path / name).writing(stage, records[stage]) as folder:
                (folder / "file").write_text(name, "utf-8")
    linked: list[str] = []
    monkeypatch.setattr(pipeline, "run", lambda *_: linked.extend(p.read_text("utf-8") for p in root.glob("*/file")))
    root = tmp_path / "run"
    sources = (tmp_path / "few", tmp_path / "gone", tmp_path / "many")
    assert worker_job.execute(worker_job.JobSpec(root, (), workdir.record(config), sources), _do_nothing) == {}
    assert linked == ["many", "many"]


def test_a_failing_baseline_does_not_affect_the_others(tmp_path: Path, measured: list[str]) -> None:
    assert worker_job.execute(_job(tmp_path, "sje", "sae", "ale"), _do_nothing) == {"sae": "MemoryError: 9 GiB"}
    assert measured == ["sje", "sje", "ale"]
    assert worker_job.failures(tmp_path, 1) == {"sae": "MemoryError: 9 GiB"}


def test_a_new_job_deletes_earlier_failures(tmp_path: Path, measured: list[str]) -> None:
    worker_job.execute(_job(tmp_path, "sae"), _do_nothing)
    assert worker_job.execute(_job(tmp_path, "ale"), _do_nothing) == {}
    assert worker_job.failures(tmp_path, 1) == {worker_job.WHOLE: "the process ended with status 1"}


def test_an_error_of_the_run_is_recorded_and_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: Any) -> None:
        raise errors.UserError(f"`{errors.setting('layer')}` must be one.\nReceived: none.")

    monkeypatch.setattr(pipeline, "run", run)
    with pytest.raises(errors.UserError):
        worker_job.execute(_job(tmp_path, "sje"), _do_nothing)
    assert worker_job.failures(tmp_path, 1) == {worker_job.WHOLE: "`--layer` must be one"}


@pytest.mark.parametrize(
    ("code", "log", "expected"),
    [
        (-9, "training", "the process was ended by signal 9, perhaps because memory ran out"),
        (-15, "training", "the process was ended by signal 15"),
        (1, "Traceback\n  line 3\nImportError: no tensorflow\n\n", "ImportError: no tensorflow"),
        (2, "", "the process ended with status 2"),
        (2, None, "the process ended with status 2"),
    ],
)
def test_the_description_of_a_process_that_recorded_no_error(
    tmp_path: Path, code: int, log: str | None, expected: str
) -> None:
    if log is not None:
        worker_job.log(tmp_path).write_text(log, "utf-8")
    assert worker_job.failures(tmp_path, code) == {worker_job.WHOLE: expected}
