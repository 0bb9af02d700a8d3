# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Whole runs at each declared minimum, through every program; and what is below it is told."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from fakes import programs, smallest

pytestmark = pytest.mark.slow  # a whole run each; .ci/run runs them

_TABLE = (
    "class,reddish,greenish\nant,0.9,0.1\nbee,0.1,0.9\ncat,0.2,0.3\ndog,0.8,0.7\neel,0.7,0.2\nfox,0.3,0.8\ngnu,1,1\n"
)
_CAPTIONS = {
    "captions__ant_txt": "A small red animal.",
    "captions__bee_txt": "A small green animal.",
    "captions__cat_txt": "A small animal.",
}


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> programs.Call:
    """Calls a program where relative paths lead to a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    return programs.caller(monkeypatch)


def _niwt(call: programs.Call, root: Path, *arguments: str) -> dict[str, Any]:
    """Returns the metrics of a whole run, of which all numbers are finite."""
    here = "--dataset=folder", f"--data_dir={root}", "--prepared_dir=prepared", "--workdir=run"
    call("niwt", *here, "--transfer_images=8", *arguments)
    metrics: dict[str, Any] = json.loads(Path("run/metrics.json").read_text("utf-8"))
    numbers = [value for value in metrics.values() if isinstance(value, float)]
    assert numbers and all(map(math.isfinite, numbers))
    assert {"transfer", "explain", "report"} <= metrics["stage_seconds"].keys()
    return metrics


def _use(call: programs.Call, root: Path, *taught: str) -> None:
    """Explains a picture with the run, teaches it a class, and exports both models."""
    call("niwt_explain", "--workdir=run", root / "images" / "ant" / "0.png")
    lines = Path("run/explanations/explanations.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["class"] for line in lines] != []
    call("niwt_teach", "--model=run", "--name=yak", *taught, "--force", "--out=taught.keras")
    for model in ("run", "taught.keras"):
        call("niwt_export", f"--model={model}", f"--out=exported-{model}")
        assert Path(f"exported-{model}", "saved_model.pb").is_file()


def test_two_seen_classes_of_two_images_with_one_caption_each_and_one_unseen_without_an_image(
    call: programs.Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = smallest.folder(tmp_path / "mine", {"ant": 2, "bee": 2}, **_CAPTIONS)
    backbone = smallest.network(tmp_path / "net.keras", neurons=2)
    metrics = _niwt(call, root, "--domain=captions", f"--backbone=keras:{backbone}")
    assert (metrics["seen_classes"], metrics["imageless_classes"]) == (2, ["cat"])
    assert (metrics["rehearsal"], metrics["harmonic_mean_expected"]) == ("defaults", None)
    assert [metrics[name] for name in ("map_relevance", "lambda", "scale", "bias")] == [10, 0.0, 1.0, "level"]
    told = capsys.readouterr().out
    assert "  validation: 0 of 2 seen classes have two training images, and three must: map, lambda," in told
    assert ", by default" in told and "H on validation classes                         -  " in told
    _use(call, root, "--captions=A small red animal.", "--max_seen_loss=none")  # with one image of each class
    assert "default values\n" in capsys.readouterr().out


def test_one_attribute_one_neuron_and_one_image_of_the_unseen_class(call: programs.Call, tmp_path: Path) -> None:
    table = "class,warm\nant,0.7\nbee,-0.6\ncat,-0.4\n"
    root = smallest.folder(tmp_path / "mine", {"ant": 6, "bee": 6, "cat": 1}, attributes_csv=table)
    backbone = smallest.network(tmp_path / "net.keras", neurons=1)
    metrics = _niwt(call, root, "--unseen=cat", f"--backbone=keras:{backbone}")
    assert (metrics["rehearsal"], metrics["unseen_classes"]) == ("defaults", 1)
    _use(call, root, "--attributes=warm:0.5")


@pytest.mark.parametrize(
    ("seen", "rehearsal", "more"),
    [
        (3, "turns", ["--map_fits=descent", "--transfer_fit=descent", "--map_layers=2"]),
        (4, "turns", ["--domain=documents"]),
        (5, "groups", []),
    ],
)
def test_few_seen_classes_of_three_images(
    call: programs.Call, tmp_path: Path, seen: int, rehearsal: str, more: list[str]
) -> None:
    told = {f"documents__{name}_txt": f"A {'dark' if i % 2 else 'light'} animal, {'small' if i < 3 else 'large'}."
            for i, name in enumerate(smallest.NAMES)}  # fmt: skip
    counts = {name: 3 if index < seen else 1 for index, name in enumerate(smallest.NAMES)}
    root = smallest.folder(tmp_path / "mine", counts, attributes_csv=_TABLE, **told)
    backbone = smallest.network(tmp_path / "net.keras", neurons=2)
    unseen = f"--unseen={','.join(smallest.NAMES[seen:])}"
    metrics = _niwt(call, root, unseen, f"--backbone=keras:{backbone}", *more, "--map_steps=3", "--transfer_steps=3")
    assert (metrics["rehearsal"], metrics["seen_classes"]) == (rehearsal, seen)
    assert 0 <= metrics["harmonic_mean_expected"] <= 1


def test_the_smallest_aviary(call: programs.Call, tmp_path: Path) -> None:
    backbone = smallest.network(tmp_path / "net.keras", neurons=1)
    size = "--aviary_classes=10", "--aviary_unseen=2", "--aviary_images=5"
    call("niwt", *size, "--prepared_dir=prepared", "--workdir=run", f"--backbone=keras:{backbone}")
    metrics = json.loads(Path("run/metrics.json").read_text("utf-8"))
    assert (metrics["seen_classes"], metrics["unseen_classes"], metrics["rehearsal"]) == (8, 2, "groups")
