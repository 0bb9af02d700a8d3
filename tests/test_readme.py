# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests that the README, its pages, and what they speak of agree."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import niwt_tf
import render_results
from fakes import smallest

_ROOT = Path(__file__).resolve().parent.parent
_RECORDS = _ROOT / "docs" / "results"
_README = (_ROOT / "README.md").read_text("utf-8")
_RESULTS = (_ROOT / "docs" / "results.md").read_text("utf-8")
_DATA = (_ROOT / "docs" / "data.md").read_text("utf-8")
_REMOVED_PRESETS = {"ablate_importance", "ablate_unit"}  # of options that their own ablations removed
_PRESETS = sorted((_ROOT / "flags").glob("*.flags"))


def _rows(page: str, preset: Path) -> list[list[str]]:
    """Find the rows of tables that name a preset, as their cells."""
    lines = [line for line in page.splitlines() if line.startswith("|") and f"`{preset.stem}`" in line]
    return [line.split("|") for line in lines]


def _cell(preset: Path) -> str:
    """Read from a preset's head the cell that its rows must have: its first H, or what it needs."""
    head = "".join(line for line in preset.read_text("utf-8").splitlines() if line.startswith("#"))
    scores = re.findall(r"H (0\.\d{3}(?: ± 0\.\d{3})?)", head)
    needs = re.findall(r"Needs (.+); not run here\.", head)
    assert bool(scores) != bool(needs), f"{preset.name} must say either how it scored or what it needs"
    return f" {scores[0]} " if scores else f" needs {needs[0]}; not run here "


@pytest.mark.parametrize("preset", _PRESETS, ids=lambda path: path.name)
def test_every_preset_has_its_row_with_the_same_score_or_what_it_needs(preset: Path) -> None:
    assert any(_cell(preset) in row for row in _rows(_RESULTS, preset)), "docs/results.md lists every preset"


def test_rows_of_the_readme_have_the_scores_of_their_presets() -> None:
    found = [(preset, row) for preset in _PRESETS for row in _rows(_README, preset)]
    assert len(found) == 2
    assert [preset.name for preset, row in found if _cell(preset) not in row] == []


def test_the_readme_is_short_and_shows_python_early() -> None:
    assert len(_README.encode()) <= 10_000
    assert "```python" in _README.splitlines()[:60]


def test_the_two_lines_to_copy_stand_first() -> None:
    first = _README.split("```sh\n", 1)[1].split("```", 1)[0].splitlines()
    assert len(first) == 2
    assert first[0].startswith("python3 -m venv") and first[0].endswith("/niwt")
    assert first[1].startswith("python3 -m venv") and first[1].endswith("/pytest")
    assert _README.count("\npython3 -m venv") == 2, "what .ci/run takes them by"


@pytest.mark.parametrize("path", sorted(_RECORDS.glob("*/table.json")), ids=lambda path: path.parent.name)
def test_numbers_of_comparisons_are_those_of_their_records(path: Path) -> None:
    record = json.loads(path.read_text("utf-8"))
    lines = render_results.render(record)
    assert [line for line in lines if line not in _RESULTS] == [], "print them with tools/render_results.py"
    is_preset = (_ROOT / "flags" / f"{path.parent.name}.flags").is_file()
    assert is_preset or path.parent.name in _REMOVED_PRESETS, "a record is named after its preset"


@pytest.mark.parametrize("preset", _PRESETS, ids=lambda path: path.name)
def test_a_comparison_with_a_score_has_its_record(preset: Path) -> None:
    is_comparison = preset.stem.startswith(("compare_", "ablate_")) and "needs" not in _cell(preset)
    assert not is_comparison or (_RECORDS / preset.stem / "table.json").is_file()


def test_citations_agree_with_each_other_and_with_the_package() -> None:
    citation = yaml.safe_load((_ROOT / "CITATION.cff").read_text("utf-8"))
    paper = citation["preferred-citation"]
    authors = " and ".join(f"{one['family-names']}, {one['given-names']}" for one in paper["authors"])
    assert citation["version"] == niwt_tf.__version__
    bibtex = " ".join(_README.split("```bibtex\n", 1)[1].split("```", 1)[0].split())
    assert f"{{{authors}}}" in bibtex and f"{{{paper['title']}}}" in bibtex and f"{{{paper['year']}}}" in bibtex
    assert f"{{{niwt_tf.__version__}}}" in bibtex


# A user's own classifier, its training images and captions of its classes: what README's lines of Python begin with.
_OWN = """
import keras, numpy as np
rng = np.random.default_rng(0)
captions = {
    "horse": ["A brown animal with a long mane.", "Its legs are long."],
    "zebra": ["An animal with black and white stripes.", "Its legs have stripes."],
    "tiger": ["An orange animal with black stripes.", "Its legs are short."],
}
class_names = list(captions)
labels = np.arange(30) % 3
images = rng.integers(0, 255, (30, 16, 16, 3), np.uint8)
photographs = rng.integers(0, 255, (4, 20, 30, 3), np.uint8)
layers = [keras.Input((16, 16, 3)), keras.layers.Conv2D(8, 3, activation="relu"),
          keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
keras.Sequential(layers).save("zoo.keras")
"""
_CHECKS = """
assert model.class_names == (*class_names, "okapi") and model.predict(photographs).scores.shape == (4, 4)
"""


@pytest.mark.slow
def test_the_lines_of_python_run_as_they_stand(tmp_path: Path) -> None:
    lines = _README.split("```python\n", 1)[1].split("```", 1)[0]
    assert len([line for line in lines.splitlines() if line]) <= 8
    env = os.environ | {"PYTHONPATH": str(_ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", _OWN + lines + _CHECKS]
    answer = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=600)
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "served" / "zoo" / "saved_model.pb").is_file()


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
    lines = _DATA.split("## Your own classes", 1)[1].split("```sh\n", 1)[1].split("```", 1)[0]
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
    assert "validation: 3 seen classes are too few for a group of them: each is pseudo-unseen in turn" in answer.stdout
    metrics = json.loads((tmp_path / "runs" / "mine" / "metrics.json").read_text("utf-8"))
    assert (metrics["seen_classes"], metrics["unseen_classes"], metrics["imageless_classes"]) == (3, 2, ["zebra"])
    assert metrics["zsl_accuracy"] is not None and (tmp_path / "runs" / "mine" / "report" / "index.html").is_file()
