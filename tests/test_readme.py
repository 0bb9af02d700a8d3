# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests that the README and what it speaks of agree."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import render_results
from fakes import smallest

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


# What a user does by hand in the ten lines: "and so on" for the other classes' photographs, and their captions.
_BY_HAND = """
nano() {
  for class in tiger cow okapi; do cp ~/photos/$class/* mine/images/$class/; done
  printf "An orange cat stands on grass.\\nFour short legs end in paws.\\n" > mine/captions/tiger.txt
  printf "A brown and white cow stands on grass.\\nFour long legs end in hooves.\\n" > mine/captions/cow.txt
  echo "A brown animal with stripes on its long legs." > mine/captions/okapi.txt
  test "$*" = "mine/captions/tiger.txt mine/captions/cow.txt mine/captions/okapi.txt"
}
"""


@pytest.mark.slow
def test_the_ten_lines_run_as_they_stand(tmp_path: Path) -> None:
    lines = _README.split("## Your own classes", 1)[1].split("```sh\n", 1)[1].split("```", 1)[0]
    assert len(lines.splitlines()) == 9
    for kind, name in (("horses", "ant"), ("tiger", "bee"), ("cow", "cat"), ("okapi", "dog")):
        (tmp_path / "photos" / kind).mkdir(parents=True)
        for number in range(3):
            smallest.picture(name, number).save(tmp_path / "photos" / kind / f"{number}.jpg")
    (tmp_path / "bin").mkdir()
    flags = "--epochs=1 --image_size=32 --prepared_dir=prepared"
    wrapper = f'exec "{sys.executable}" "{_ROOT / "bin" / "niwt"}" "$@" {flags}\n'
    (tmp_path / "bin" / "niwt").write_text(f"#!/bin/sh\n{wrapper}", "utf-8")
    (tmp_path / "bin" / "niwt").chmod(0o755)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"HOME": str(tmp_path)}
    script = ["bash", "-euc", _BY_HAND + lines]
    answer = subprocess.run(script, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=600)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "rehearsal: 3 seen classes are too few for a group of them: each plays unseen in turn" in answer.stdout
    metrics = json.loads((tmp_path / "runs" / "mine" / "metrics.json").read_text("utf-8"))
    assert (metrics["seen_classes"], metrics["unseen_classes"], metrics["imageless_classes"]) == (3, 2, ["zebra"])
    assert metrics["zsl_accuracy"] is not None and (tmp_path / "runs" / "mine" / "report" / "index.html").is_file()
