# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the programs with few open files, and with 4 GiB of address space: each works, or ends with a message."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakes import models

pytestmark = pytest.mark.slow  # TensorFlow starts in a process of its own for each

_ROOT = Path(__file__).resolve().parents[2]
_SIZE = ("--aviary_classes=12", "--aviary_unseen=3", "--aviary_images=6", "--epochs=1")
_COMMANDS = {
    "niwt": ("--workdir=run", "--data_dir=data", *_SIZE),
    "niwt_teach": ("--model=zoo.keras", "--name=gnu", "--attributes=horns"),
    "niwt_explain": ("--model=zoo.keras", "a.png"),
    "niwt_export": ("--model=zoo.keras", "--out=served"),
}
_LIMITS = {
    "files": (resource.RLIMIT_NOFILE, 64, 0),
    "memory": (resource.RLIMIT_AS, 4 * 2**30, 0),
    "too few files": (resource.RLIMIT_NOFILE, 10, 1),
    "too little memory": (resource.RLIMIT_AS, 2 * 2**30, 1),
}


@pytest.mark.parametrize("limit", _LIMITS)
@pytest.mark.parametrize("program", _COMMANDS)
def test_a_program_works_or_ends_with_a_message(program: str, limit: str, tmp_path: Path) -> None:
    kind, most, least_status = _LIMITS[limit]
    models.by_attributes().save(tmp_path / "zoo.keras")
    Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(tmp_path / "a.png")
    answer = subprocess.run(
        [sys.executable, str(_ROOT / "bin" / program), *_COMMANDS[program]],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        preexec_fn=lambda: resource.setrlimit(kind, (most, most)),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert answer.returncode in {least_status, 0} and "Traceback" not in answer.stderr, answer.stderr
    if answer.returncode:
        assert "Received: " in answer.stderr
