# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs the tutorial as a script, and holds its rendering to it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import render_tutorial

_DOCS = render_tutorial.SOURCE.parent


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What it prints, and where it leaves its pictures."""
    folder = tmp_path_factory.mktemp("tutorial")
    data = str(tmp_path_factory.mktemp("datasets"))
    environment = {"PYTHONPATH": str(_DOCS.parent), "TFDS_DATA_DIR": data, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, str(render_tutorial.SOURCE)]
    answer = subprocess.run(command, cwd=folder, env=os.environ | environment, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout, folder


@pytest.mark.slow
def test_the_ninth_is_recognised_well_above_chance_and_the_eight_still_are(output: tuple[str, Path]) -> None:
    told, _ = output
    (right,) = re.findall(r"recognised among nine: (\d+) of 30", told)
    after, before = map(float, re.findall(r"test images of the eight: (0\.\d+), before: (0\.\d+)", told)[0])
    assert int(right) > 10, "three times chance"
    assert before > 0.9
    assert after > 0.8


@pytest.mark.slow
def test_decisions_are_explained(output: tuple[str, Path]) -> None:
    told, folder = output
    assert re.search(r"^(.+) because of .+\.$", told, re.MULTILINE)
    assert re.search(r"^(.+) rather than (.+) because of .+\.$", told, re.MULTILINE)
    assert len(re.findall(r"^neuron +\d+: .+, confidence [01]\.\d\d$", told, re.MULTILINE)) == 5
    assert {path.name for path in (folder / "tutorial").iterdir()} == {"birds.png", "decision.png"}


def test_the_rendering_is_of_these_cells() -> None:
    cells = render_tutorial.cells(render_tutorial.SOURCE.read_text("utf-8"))
    rendered = render_tutorial.RENDERED.read_text("utf-8")
    assert render_tutorial.without_output(rendered) == render_tutorial.render(cells, {})
    assert rendered.count("\n```text\n") >= 6
    links = re.findall(r"\]\((?!http)([^)#]+)\)", rendered)
    assert "tutorial/decision.png" in links
    assert [link for link in links if not (_DOCS / link).exists()] == []
