# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read what the operating system reports about the machine. Nothing here imports TensorFlow."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from niwt_tf import errors

ONEDNN = "TF_ENABLE_ONEDNN_OPTS"  # the variable that TensorFlow reads when it is imported
_ADDRESS_SPACE = 4 * 2**30  # bytes; with less, TensorFlow ends in native code, without a message
_X86 = ("x86_64", "AMD64")


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read(path: Path) -> str:
    """Read a file of the system, such as `/proc/cpuinfo`; empty if it is missing, as on systems other than Linux."""
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""


def prefer_onednn() -> None:
    """Enable oneDNN's operations in TensorFlow on all x86 processors, unless the user has set them.

    Call it before TensorFlow is imported. By default TensorFlow uses them only on processors with instructions for int8
    (AVX512-VNNI and later). On others, too, networks run about twice as fast with them, and training takes two thirds
    of the time. See `benchmarks/machines.py`.
    """
    if platform.machine() in _X86:
        os.environ.setdefault(ONEDNN, "1")


def require_address_space() -> None:
    """Check that TensorFlow can map its libraries and start its threads: a limit below 4 GiB is too low for that.

    Raises:
      errors.UserError: If the process has such a limit.
    """
    if sys.platform == "win32":
        return
    import resource  # optional: not on Windows

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < _ADDRESS_SPACE:
        raise errors.UserError(
            f"TensorFlow needs an address space of {_ADDRESS_SPACE // 2**20:,} MiB. Received: a limit of "
            f"{limit // 2**20:,} MiB. Raise it, for example by ulimit -v unlimited"
        )
