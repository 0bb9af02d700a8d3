# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the program `niwt_export` as its user meets it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]


def _export(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(_ROOT / "bin" / "niwt_export"), *map(str, arguments)]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300)


def _assert_error(answer: subprocess.CompletedProcess[str], message: str) -> None:
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", f"\n{message}\n")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run, as far as a model needs it."""
    from fakes import exported  # inside, so that the mistakes' tests need not wait for TensorFlow

    return exported.write_run(tmp_path_factory.mktemp("runs") / "animals", exported.model())


@pytest.mark.slow
def test_a_run_becomes_a_saved_model_below_exported(run: Path, tmp_path: Path) -> None:
    answer = _export(f"--model={run}", cwd=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert re.fullmatch(
        f"starting TensorFlow\nreading {run}\nwriting exported/animals/1\n\nwrote a SavedModel with the signatures "
        r"serving_default, from_bytes, explain and importances to exported/animals/1 in \d+\.\d s\n",
        answer.stdout,
    )
    out = tmp_path / "exported" / "animals" / "1"
    assert sorted(path.name for path in out.iterdir()) == [
        "assets", "assets.extra", "fingerprint.pb", "saved_model.pb", "variables",
    ]  # fmt: skip
    card = json.loads((out / "assets" / "model_card.json").read_text("utf-8"))
    assert card["name"] == "animals" and list(card["signatures"]) == [
        "serving_default", "from_bytes", "explain", "importances", "contributions",
    ]  # fmt: skip
    assert card["signatures"]["explain"]["outputs"]["map"]["shape"] == ["N", 6, 6]
    assert [path.name for path in (tmp_path / "exported" / "animals").iterdir()] == ["1"]
    _assert_error(
        _export(f"--model={run}", cwd=tmp_path),
        "`--out` must be a new or empty folder, because no file is overwritten. Received: --out=exported/animals/1, "
        "which holds assets, assets.extra, fingerprint.pb and 2 more. Choose another, such as --out=exported/animals/2",
    )


@pytest.mark.slow
def test_classes_become_a_file_or_the_next_version(run: Path, tmp_path: Path) -> None:
    assert _export(f"--model={run}", "--out=birds/1", cwd=tmp_path).returncode == 0
    answer = _export(f"--model={run}", "--classes_only", cwd=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert re.fullmatch(
        f"starting TensorFlow\nreading {run}\nwriting exported/animals/classes.npz\n\n"
        r"wrote 6 classes to exported/animals/classes.npz in \d+\.\d s\n",
        answer.stdout,
    )
    content = (tmp_path / "exported" / "animals" / "classes.npz").read_bytes()
    assert content == (tmp_path / "birds" / "1" / "assets" / "classes.npz").read_bytes()
    answer = _export(f"--model={run}", "--classes_only", "--out=birds", "--reject=0.8", cwd=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "\nwrote 6 classes to birds/2 in " in answer.stdout
    assert sorted(path.name for path in (tmp_path / "birds").iterdir()) == ["1", "2"]
    cards = [json.loads((tmp_path / "birds" / one / "assets" / "model_card.json").read_text("utf-8")) for one in "12"]
    assert [card["reject"] for card in cards] == [0.95, 0.8]
    assert "unless `accepted` is false, which keeps" in (tmp_path / "birds/2/assets/README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "`--model` must be the folder of a run, or a .keras bundle. Received none. Add --model=PATH."),
        (
            ["--model=nowhere"],
            "`--model` must be the folder of a run. Received: --model=nowhere, which does not exist. Name one that "
            "niwt made, or make it: niwt --workdir=nowhere",
        ),
        (
            ["--model=nowhere.keras"],
            "`--model` must be the folder of a run, or a .keras bundle. Received: --model=nowhere.keras, which does "
            "not exist. Name a folder that niwt made, or a bundle that niwt_teach or niwt_export wrote.",
        ),
        (
            ["--model=nowhere", "--format=onx"],
            "`--format` must be one of savedmodel, litert, onnx, openvino, keras. Received: --format=onx. Did you mean "
            "'onnx'?",
        ),
        (
            ["--model=a.keras", "--out=full"],
            "`--out` must be a new or empty folder, because no file is overwritten. Received: --out=full, which holds "
            "mine. Choose another, such as --out=full-2",
        ),
        (
            ["--model=a.keras", "--format=keras", "--out=full"],
            "`--out` must end in .keras for --format=keras. Received: --out=full. Choose another --out.",
        ),
        (
            ["--model=a.keras", "--format=keras", "--out=a.keras"],
            "`--out` must be a new file, because no file is overwritten. Received: --out=a.keras, which exists. Choose "
            "another, such as --out=a-2.keras",
        ),
        (
            ["--model=a.keras", "--classes_only", "--format=onnx"],
            "`--classes_only` must come with --format=savedmodel, because only a SavedModel takes in classes. "
            "Received: --format=onnx. Leave one of the two out.",
        ),
        (
            ["--model=a.keras", "--classes_only", "--out=full"],
            "`--out` must be a folder of versions for TensorFlow Serving, such as exported/birds with "
            "exported/birds/1, or a new file that ends in .npz, for --classes_only. Received: --out=full, which holds "
            "no version. Export the model as a whole first, or choose another --out.",
        ),
        (
            ["--model=a.keras", "--reject=1.5"],
            "`--reject` must be the share of the known classes' images that is kept, above 0 and below 1. Received: "
            "--reject=1.5. Give --reject=0.95 to keep 95 of a hundred.",
        ),
        (["a.keras"], "Arguments must be flags, such as --seed=1. Received: a.keras. Use --help to list the flags."),
    ],
)
def test_mistakes_are_reported_before_tensorflow_starts(arguments: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    for name in ("full/mine", "a.keras"):
        (tmp_path / name).write_text("mine", "utf-8")
    _assert_error(_export(*arguments, cwd=tmp_path), message)
    assert {path.name for path in tmp_path.iterdir()} == {"full", "a.keras"}
    assert (tmp_path / "full" / "mine").read_text("utf-8") == "mine" == (tmp_path / "a.keras").read_text("utf-8")


def test_help_lists_the_flags(tmp_path: Path) -> None:
    answer = _export("--help", cwd=tmp_path)
    for flag in ("--model", "--format", "--[no]classes_only", "--reject", "--out", "--[no]safe_mode"):
        assert f"\n  {flag}: " in answer.stdout
    assert "niwt_export --model=runs/aviary-attributes" in answer.stdout
