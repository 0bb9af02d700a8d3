# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""How many processes the machine has room for, and how many threads each gets."""

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
    """Returns how many processes cores and free memory allow, at least 1."""
    free = free_memory()
    return max(1, machine.cores() if free is None else min(machine.cores(), int(free / _GIB_OF_WORKER)))


def free_memory(root: Path = Path("/")) -> float | None:
    """Returns the GiB that are free, within the limit of a container; None where the system does not say.

    Args:
      root: holds `proc` and `sys`.
    """
    found = re.search(r"^MemAvailable:\s*(\d+) kB", machine.read(root / "proc" / "meminfo"), re.MULTILINE)
    group = root / "sys" / "fs" / "cgroup"
    limit, used = machine.read(group / "memory.max").strip(), machine.read(group / "memory.current").strip()
    free = [int(found[1]) * 1024] if found else []
    free += [int(limit) - int(used)] if limit.isdigit() and used.isdigit() else []
    return min(free) / 2**30 if free else None


def threads(processes: int, parts: int) -> int:
    """Compute how many threads each process of a comparison gets, at least 1.

    It follows from the machine and the command alone, so that the same command computes the same numbers: not from the
    memory that is free, nor from how many parts are still to do.

    Args:
      processes: Most processes at a time that were asked for; 0 for as many as there are cores.
      parts: Number of parts of the comparison, at least 1.
    """
    return max(1, machine.cores() // min(processes or machine.cores(), parts))


def environment(threads: int) -> dict[str, str]:
    """Returns the environment of a process that is to use `threads` threads, whatever the user has set for them."""
    return {"TF_FORCE_GPU_ALLOW_GROWTH": "true"} | os.environ | dict.fromkeys(_THREADS, str(threads))


def overruled(threads: int) -> list[str]:
    """Returns what the user's environment says of threads that `environment` says otherwise, as `NAME=value`."""
    values = [(name, os.environ[name]) for name in _THREADS if name in os.environ]
    return [f"{name}={value}" for name, value in values if value.strip() != str(threads)]
