# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what a process of a comparison does, and of what is told where it fails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors, pipeline, workdir
from niwt_tf.baselines import run as baselines
from niwt_tf.compare import work
from niwt_tf.runs import stage_table


def _job(root: Path, *methods: str) -> work.Job:
    job = work.Job(root, methods, workdir.record(config_lib.RunConfig(seed=3)), (), True)
    return work.read(job.write())


def _nothing() -> None:
    return None


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs take no time, and of baselines only `sae` fails, alone or among others; what is measured is noted."""
    measured: list[str] = []

    def compare(root: Path, methods: Sequence[str]) -> dict[str, Any]:
        for method in methods:
            if method == "sae":
                raise MemoryError("9 GiB\nand more")
            measured.append(method)
        return {}

    monkeypatch.setattr(pipeline, "run", lambda *_: None)
    monkeypatch.setattr(baselines, "compare", compare)
    monkeypatch.setattr(baselines, "found", lambda root, methods: dict.fromkeys(methods, {}))
    return measured


def test_a_job_is_read_as_it_was_written(tmp_path: Path) -> None:
    job = work.Job(tmp_path / "a", ("sje",), {"seed": 3, "lambdas": [0.5]}, (tmp_path / "b", tmp_path / "c"), True)
    assert work.read(job.write()) == job


def test_a_run_is_made_up_to_its_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr(pipeline, "run", lambda *arguments: given.extend(arguments))
    assert work.do(_job(tmp_path), _nothing) == {}
    config, folder, stages, overwrite, start = given
    assert (config, folder.root, overwrite, start) == (config_lib.RunConfig(seed=3), tmp_path, True, _nothing)
    assert stages[0] == "data" and stages[-1] == "evaluate" and "explain" not in stages


def test_a_run_begins_with_what_is_done_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_lib.RunConfig(seed=3)
    prints = stage_table.fingerprints(config)
    for name, stages in {"few": ["data"], "many": ["data", "activations"]}.items():
        for stage in stages:
            with workdir.Workdir(tmp_path / name).writing(stage, prints[stage]) as folder:
                (folder / "file").write_text(name, "utf-8")
    there: list[str] = []
    monkeypatch.setattr(pipeline, "run", lambda *_: there.extend(p.read_text("utf-8") for p in root.glob("*/file")))
    root = tmp_path / "run"
    sources = (tmp_path / "few", tmp_path / "gone", tmp_path / "many")
    assert work.do(work.Job(root, (), workdir.record(config), sources), _nothing) == {}
    assert there == ["many", "many"]


def test_a_baseline_that_fails_is_lost_alone(tmp_path: Path, done: list[str]) -> None:
    assert work.do(_job(tmp_path, "sje", "sae", "ale"), _nothing) == {"sae": "MemoryError: 9 GiB"}
    assert done == ["sje", "sje", "ale"]
    assert work.failures(tmp_path, 1) == {"sae": "MemoryError: 9 GiB"}


def test_what_is_mended_is_forgotten(tmp_path: Path, done: list[str]) -> None:
    work.do(_job(tmp_path, "sae"), _nothing)
    assert work.do(_job(tmp_path, "ale"), _nothing) == {}
    assert work.failures(tmp_path, 1) == {work.WHOLE: "the process ended with status 1"}


def test_what_stops_the_run_is_noted_and_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: Any) -> None:
        raise errors.UserError("`--layer` must be one.\nReceived: none.")

    monkeypatch.setattr(pipeline, "run", run)
    with pytest.raises(errors.UserError):
        work.do(_job(tmp_path, "sje"), _nothing)
    assert work.failures(tmp_path, 1) == {work.WHOLE: "`--layer` must be one"}


@pytest.mark.parametrize(
    ("code", "log", "expected"),
    [
        (-9, "training", "the process was ended by signal 9, perhaps as memory ran out"),
        (-15, "training", "the process was ended by signal 15"),
        (1, "Traceback\n  line 3\nImportError: no tensorflow\n\n", "ImportError: no tensorflow"),
        (2, "", "the process ended with status 2"),
        (2, None, "the process ended with status 2"),
    ],
)
def test_a_process_that_says_nothing_is_told_of(tmp_path: Path, code: int, log: str | None, expected: str) -> None:
    if log is not None:
        work.log(tmp_path).write_text(log, "utf-8")
    assert work.failures(tmp_path, code) == {work.WHOLE: expected}
