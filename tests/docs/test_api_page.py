# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of the page on the API, in their order, in one process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import niwt_tf

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = (_ROOT / "docs" / "api.md").read_text("utf-8")
_EXAMPLES = re.findall(r"^```python\n(.*?)^```", _PAGE, re.MULTILINE | re.DOTALL)
_CHECKS = """
assert scores["unseen_accuracy"] > 0.5 and scores["seen_accuracy"] > 0.7, scores
assert decided.classes.count("violet") > 10, decided.classes
assert again.class_names == (*names, "violet")
"""


@pytest.mark.slow
def test_the_examples_run(tmp_path: Path, tiny_data_dir: Path) -> None:
    code = "\n".join(_EXAMPLES)
    assert len(_EXAMPLES) >= 12
    environment = {"PYTHONPATH": str(_ROOT), "TFDS_DATA_DIR": str(tiny_data_dir), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", code + _CHECKS]
    answer = subprocess.run(command, cwd=tmp_path, env=os.environ | environment, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert "20 violets" in answer.stdout and " accepted" in answer.stdout
    assert "preparing" not in answer.stdout, "the birds are those of other tests"


def test_every_name_has_its_place_on_the_page() -> None:
    names = set(niwt_tf.__all__) - {"__version__"}
    assert {name for name in names if f"`{name}" not in _PAGE} == set()
    used = set(re.findall(r"niwt_tf\.(\w+)\(", "\n".join(_EXAMPLES)))
    assert used <= names
    assert names - used <= {"Model", "load_classifier"}
