# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests that the README and what it speaks of agree."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import render_results

_ROOT = Path(__file__).resolve().parent.parent
_RESULTS = _ROOT / "docs" / "results"
_README = (_ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("path", sorted((_ROOT / "flags").glob("*.flags")), ids=lambda path: path.name)
def test_every_preset_has_its_row_with_the_same_score_or_what_it_needs(path: Path) -> None:
    rows = [line for line in _README.splitlines() if line.startswith("|") and f"`{path.stem}`" in line]
    assert rows, f"{path.name} has no row in the README's tables"
    header = "".join(line for line in path.read_text("utf-8").splitlines() if line.startswith("#"))
    scores, needs = (
        re.findall(r"H (0\.\d{3}(?: ± 0\.\d{3})?)", header),
        re.findall(r"Needs (.+); not run here\.", header),
    )
    assert bool(scores) != bool(needs), f"{path.name} must say either how it scored or what it needs"
    cells = [f" {score} " for score in scores[:1]] + [f" needs {what}; not run here " for what in needs]
    assert any(cells[0] in row.split("|") for row in rows)


def test_links_lead_to_files() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", _README)
    assert links
    assert [link for link in links if not (_ROOT / link).exists()] == []


def test_the_two_lines_to_copy_stand_first() -> None:
    first = _README.split("```sh\n", 1)[1].split("```", 1)[0].splitlines()
    assert len(first) == 2
    assert first[0].startswith("python3 -m venv") and first[0].endswith("/niwt")
    assert first[1].startswith("python3 -m venv") and first[1].endswith("/pytest")
    assert _README.count("\npython3 -m venv") == 2, "what .ci/run takes them by"


@pytest.mark.parametrize("path", sorted(_RESULTS.glob("*/table.json")), ids=lambda path: path.parent.name)
def test_numbers_of_comparisons_are_those_of_their_records(path: Path) -> None:
    record = json.loads(path.read_text("utf-8"))
    lines = render_results.render(record)
    assert [line for line in lines if line not in _README] == [], "print them with tools/render_results.py"
    assert (_ROOT / "flags" / f"{path.parent.name}.flags").is_file(), "a record is named after its preset"


def test_every_comparison_has_its_record() -> None:
    presets = {path.stem for path in (_ROOT / "flags").glob("*.flags") if path.stem.startswith(("compare_", "ablate_"))}
    assert {path.parent.name for path in _RESULTS.glob("*/table.json")} == presets
