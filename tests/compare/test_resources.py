# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the numbers of processes and threads of a comparison."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from niwt_tf.compare import resources
from niwt_tf.util import machine


def _machine(root: Path, available: int, limit: str = "", used: str = "") -> Path:
    """Writes the system's files about memory: available KiB, and a container's limit and use in bytes."""
    (root / "proc").mkdir()
    (root / "proc" / "meminfo").write_text(f"MemTotal: 99999999 kB\nMemAvailable:   {available} kB\n", "utf-8")
    group = root / "sys" / "fs" / "cgroup"
    group.mkdir(parents=True)
    for name, text in (("memory.max", limit), ("memory.current", used)):
        (group / name).write_text(text, "utf-8")
    return root


@pytest.mark.parametrize(
    ("limit", "used", "expected"),
    [("max\n", "123\n", 6.0), ("", "", 6.0), (f"{5 * 2**30}\n", f"{2**30}\n", 4.0), (f"{99 * 2**30}", "0", 6.0)],
)
def test_free_memory_is_the_system_s_within_the_container_s_limit(
    tmp_path: Path, limit: str, used: str, expected: float
) -> None:
    assert resources.free_memory(_machine(tmp_path, 6 * 2**20, limit, used)) == expected


def test_without_a_report_of_memory_cores_decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resources.free_memory(tmp_path) is None
    monkeypatch.setattr(resources, "free_memory", lambda: None)
    monkeypatch.setattr(machine, "cores", lambda: 5)
    assert resources.workers() == 5


@pytest.mark.parametrize(("free", "expected"), [(0.5, 1), (4.1, 2), (100.0, 5)])
def test_workers_are_as_many_as_cores_and_memory_allow(
    free: float, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "free_memory", lambda: free)
    monkeypatch.setattr(machine, "cores", lambda: 5)
    assert resources.workers() == expected


def test_the_environment_sets_threads_and_overruled_variables_are_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in resources._THREADS:
        monkeypatch.delenv(name, raising=False)
    assert resources.overruled(3) == []
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    environment = resources.environment(3)
    assert {environment[name] for name in resources._THREADS} == {"3"}
    assert environment["PATH"] == os.environ["PATH"]
    assert resources.overruled(3) == ["OMP_NUM_THREADS=7"]


@pytest.mark.parametrize(
    ("processes", "jobs", "expected"),
    [(0, 20, 1), (0, 1, 6), (0, 2, 3), (2, 20, 3), (4, 20, 1), (9, 20, 1), (4, 2, 3)],
)
def test_threads_depend_on_the_machine_and_the_command_alone(
    processes: int, jobs: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 6)
    monkeypatch.setattr(resources, "free_memory", lambda: 0.1)
    assert resources.threads(processes, jobs) == expected
