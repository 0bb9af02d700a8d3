# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What the operating system says of the machine; nothing here imports TensorFlow."""

from __future__ import annotations

import os
from pathlib import Path


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read(path: Path) -> str:
    """Read a file of the system, such as `/proc/cpuinfo`; empty where there is none, as on systems other than Linux."""
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""
