# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A whole run whose classes, attributes and files have hostile names, through every program: nothing shows them raw.

And what is made for others holds no path of this machine.
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import smallest

pytestmark = pytest.mark.slow  # a whole run and a comparison; .ci/run runs them

_ROOT = Path(__file__).resolve().parents[1]
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff\ud800-\udfff]")
_TITLE = "\x1b]0;title\x07"
_SEEN = (
    f"ant{_TITLE}",
    "<script>alert(1)</script>".replace("/", "∕"),
    "| a | b |",
    "=HYPERLINK(1)",
    "[x](javascript:1)",
)
_UNSEEN = ("bird \u202egnp", "熊 cafe\u0301 👨\u200d👩\u200d👧", "x" * 10_000)
_ATTRIBUTES = ("red\x1b[31m", "@SUM(1)", "y" * 10_000)
_TEXTS = ("*.txt", "*.md", "*.csv", "*.tsv", "*.html", "*.svg", "*.json", "*.jsonl", "*.pbtxt", "*.log")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of images; of the unseen classes two have some, and the last has a name that no file can have."""
    root = tmp_path_factory.mktemp("hostile") / "my animals"
    for name, colours in zip((*_SEEN, *_UNSEEN[:2]), smallest.NAMES, strict=True):
        (root / "images" / name).mkdir(parents=True)
        for number in range(4):
            smallest.picture(colours, number).save(root / "images" / name / f"{number}{_TITLE}.png")
    with (root / "attributes.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [
            [name, *((index + 1) * (step + 2) % 7 / 7 for step in range(3))]
            for index, name in enumerate((*_SEEN, *_UNSEEN))
        ]
        csv.writer(file).writerows([["class", *_ATTRIBUTES], *rows])
    with (root / "unseen.txt").open("w", encoding="utf-8") as file:
        file.write("\n".join(_UNSEEN))
    return root


def _run(root: Path) -> tuple[str, ...]:
    here = "--dataset=folder", f"--data_dir={root}", f"--prepared_dir={root.parent / 'prepared'}"
    return (*here, "--transfer_images=8", "--epochs=2")


@pytest.fixture(scope="module")
def printed(root: Path) -> Iterator[str]:
    """What every program prints to a terminal, one after the other, in the folder above the images."""
    commands = (
        ("niwt", *_run(root), "--workdir=run"),
        ("niwt_explain", "--workdir=run", str(root / "images")),
        ("niwt_teach", "--model=run", f"--name=yak{_TITLE}\u202e", f"--attributes={_ATTRIBUTES[0]}",
         f"--images={root / 'images'}", "--out=taught.keras"),
        ("niwt_export", "--model=taught.keras"),
        ("niwt_export", "--model=run", "--format=litert"),
        ("niwt_explain", "--model=taught.keras", str(root / "images" / _SEEN[0] / "missing.png")),
    )  # fmt: skip
    outputs = []
    for program, *arguments in commands:
        command = [sys.executable, str(_ROOT / "bin" / program), *arguments]
        answer = subprocess.run(command, cwd=root.parent, capture_output=True, timeout=600)
        outputs.append((answer.stdout + answer.stderr).decode())
        assert answer.returncode == ("missing" in arguments[-1]), outputs[-1]
    yield "".join(outputs)


def test_no_program_prints_what_a_terminal_obeys(printed: str) -> None:
    assert not _OBEYED.search(printed)
    assert r"\x1b]0;title\x07" in printed and r"bird \u202egnp" in printed and "x" * 201 not in printed


def test_no_file_for_people_holds_it(printed: str, root: Path) -> None:
    files = [file for pattern in _TEXTS for file in root.parent.rglob(pattern) if "prepared" not in file.parts]
    shown = [file for file in files if root not in file.parents]
    assert {"index.html", "metadata.tsv", "README.md", "labels.txt", "explanations.jsonl"} <= {
        file.name for file in shown
    }
    assert [file for file in shown if _OBEYED.search(file.read_text("utf-8"))] == []


def test_ordinary_letters_stay_readable(printed: str, root: Path) -> None:
    page = (root.parent / "run" / "report" / "index.html").read_text("utf-8")
    for name in (_UNSEEN[1], "bird \\u202egnp", "| a | b |", "[x](javascript:1)"):
        assert name in page
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_names_are_kept_as_they_are(printed: str, root: Path) -> None:
    lines = (root.parent / "run" / "explanations" / "explanations.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["prediction"] for line in lines} <= {*_SEEN, *_UNSEEN}
    card = json.loads(next(root.parent.glob("exported/**/model_card.json")).read_text("utf-8"))
    assert card["classes"]["seen"] and set(card["classes"]["seen"]) == set(_SEEN)


def test_cells_begin_no_formula(printed: str, root: Path) -> None:
    (file,) = (root.parent / "run").rglob("metadata.tsv")
    rows = [line.split("\t") for line in file.read_text("utf-8").splitlines()]
    assert {len(row) for row in rows} == {2} and "'=HYPERLINK(1)" in [row[0] for row in rows]


def _members(path: Path) -> Iterator[bytes]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    yield path.read_bytes()


def test_what_is_made_for_others_holds_no_path_of_this_machine(printed: str, root: Path) -> None:
    files = [root.parent / "taught.keras", *(file for file in (root.parent / "exported").rglob("*") if file.is_file())]
    assert {"taught.keras", "saved_model.pb", "model_card.json", "predictor.tflite"} <= {file.name for file in files}
    secrets = [str(place).encode() for place in (root.parent, root.parent.parent, Path.home())]
    assert [
        (file.name, secret) for file in files for part in _members(file) for secret in secrets if secret in part
    ] == []
    readme = next(root.parent.glob("exported/**/README.md")).read_text("utf-8")
    assert "niwt --dataset=folder '--data_dir=my animals' --epochs=2 --transfer_images=8\n" in readme


def test_a_comparison_shows_them_clean(root: Path) -> None:
    command = [sys.executable, str(_ROOT / "bin" / "niwt_compare"), *_run(root), "--seeds=0", "--methods=niwt,eszsl"]
    command += ["--out=compared", "--vary=finetune_from=conv1,no\x1b[31m\u202e|=layer"]
    answer = subprocess.run(command, cwd=root.parent, capture_output=True, timeout=600)
    assert not _OBEYED.search((answer.stdout + answer.stderr).decode())
    for name in ("table.md", "table.csv", "table.json", "figure.svg"):
        assert not _OBEYED.search((root.parent / "compared" / name).read_text("utf-8"))
