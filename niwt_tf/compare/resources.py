# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Compute how many processes the machine has room for, and how many threads each of them gets."""

from __future__ import annotations

import os
import re
from pathlib import Path

from niwt_tf.util import machine

_GIB_OF_WORKER = 2.0
_THREADS = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)


def workers() -> int:
    """Compute the number of processes that cores and free memory allow, at least 1."""
    free = free_memory()
    return max(1, machine.cores() if free is None else min(machine.cores(), int(free / _GIB_OF_WORKER)))


def free_memory(root: Path = Path("/")) -> float | None:
    """Read the free memory in GiB, within the limit of a container; None if the system does not report it.

    Args:
      root: Folder that holds `proc` and `sys`.
    """
    available = re.search(r"^MemAvailable:\s*(\d+) kB", machine.read(root / "proc" / "meminfo"), re.MULTILINE)
    group = root / "sys" / "fs" / "cgroup"
    limit, used = machine.read(group / "memory.max").strip(), machine.read(group / "memory.current").strip()
    free = [int(available[1]) * 1024] if available else []
    free += [int(limit) - int(used)] if limit.isdigit() and used.isdigit() else []
    return min(free) / 2**30 if free else None


def threads(processes: int, jobs: int) -> int:
    """Compute the number of threads of each process of a comparison, at least 1.

    It depends only on the machine and the command, so that the same command computes the same numbers. It does not
    depend on the free memory, or on the number of jobs that are not done yet.

    Args:
      processes: Largest number of processes at a time, as the user set it; 0 for as many as there are cores.
      jobs: Number of jobs of the comparison, at least 1.
    """
    return max(1, machine.cores() // min(processes or machine.cores(), jobs))


def environment(threads: int) -> dict[str, str]:
    """Build the environment of a process that uses `threads` threads, whatever the user's environment says."""
    return {"TF_FORCE_GPU_ALLOW_GROWTH": "true"} | os.environ | dict.fromkeys(_THREADS, str(threads))


def overruled(threads: int) -> list[str]:
    """List the user's environment variables for threads that `environment` overrules, as `NAME=value`."""
    values = [(name, os.environ[name]) for name in _THREADS if name in os.environ]
    return [f"{name}={value}" for name, value in values if value.strip() != str(threads)]
