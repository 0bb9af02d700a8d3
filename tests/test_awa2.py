# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A whole run on an AWA2 of the real names, split and size, whose images are drawn."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import fake_awa2
from niwt_tf.util import checksum

_ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_a_run_on_awa2_says_which_split_it_used(shared_data: Path, tmp_path: Path) -> None:
    fake_awa2.main(str(shared_data / "awa2_text"), str(tmp_path / "files"))
    where = {"data_dir": "files", "prepared_dir": "prepared", "workdir": "run"}
    folders = [f"--{flag}={tmp_path / name}" for flag, name in where.items()]
    command = [
        sys.executable,
        str(_ROOT / "bin" / "niwt"),
        "--dataset=awa2",
        "--domain=captions",
        "--epochs=1",
        *folders,
    ]
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert (metrics["dataset"], metrics["domain"]) == ("awa2", "captions")
    assert metrics["split_version"] == "awa2 2017"
    assert metrics["split_sha256"] == checksum.sha256(shared_data / "awa2_text" / "att_splits.mat")
    assert (metrics["seen_classes"], metrics["unseen_classes"]) == (40, 10)
    split = json.loads((tmp_path / "run" / "data" / "split.json").read_text())
    assert split["images"] == {"train": 23_527, "test_seen": 5_882, "test_unseen": 7_913}
    assert (len(split["seen"]), len(split["unseen"]), len(split["validation"])) == (40, 10, 13)
    assert metrics["backbone_accuracy"] > 2 / 40  # twice what chance gives
