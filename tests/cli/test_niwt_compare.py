# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the program `niwt_compare` as its user meets it."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from niwt_tf import config as config_lib
from niwt_tf.util import json_files

pytestmark = pytest.mark.slow  # run by a command of its own in .ci/run

_ROOT = Path(__file__).resolve().parents[2]
_TINY = (
    *("--aviary_classes=12", "--aviary_unseen=3", "--aviary_images=6", "--finetune=classifier", "--tfidf_phrase=1"),
    *("--validation_groups=1", "--transfer_steps=3", "--transfer_images=8", "--lambdas=0.001", "--scales=1"),
)
_METHODS = ("niwt", "eszsl", "prototype")
_BROKEN = 9  # a seed whose images cannot be prepared, as a file lies where their folder should
_Compare = Callable[..., "subprocess.CompletedProcess[str]"]


def _command(*arguments: str) -> list[str]:
    return [sys.executable, str(_ROOT / "bin" / "niwt_compare"), *arguments]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@pytest.fixture(scope="module")
def cwd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the program is run."""
    return tmp_path_factory.mktemp("compared")


@pytest.fixture(scope="module")
def compare(cwd: Path, tiny_data_config: config_lib.DataConfig) -> _Compare:
    """Runs bin/niwt_compare on tiny aviaries, NIWT against two baselines, in two domains."""
    here = f"--data_dir={tiny_data_config.data_dir}"
    axes = ("--domains=attributes,captions", f"--methods={','.join(_METHODS)}", "--out=out")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = _command(*_TINY, here, *axes, *arguments)
        return subprocess.run(command, cwd=cwd, env=_environment(), capture_output=True, text=True, timeout=600)

    return run


@pytest.fixture(scope="module")
def first(compare: _Compare) -> subprocess.CompletedProcess[str]:
    """Two seeds."""
    return compare("--seeds=7,8")


def test_a_table_has_a_row_for_each_method_and_domain(first: subprocess.CompletedProcess[str], cwd: Path) -> None:
    assert (first.returncode, first.stderr) == (0, "")
    with (cwd / "out" / "table.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["domain"], row["method"]) for row in rows] == [
        (domain, method) for domain in ("attributes", "captions") for method in _METHODS
    ]
    for row in rows:
        assert row["n"] == "2" and row["failed"] == ""
        assert 0 <= float(row["harmonic_mean"]) <= 1 and float(row["harmonic_mean_spread"]) >= 0
    markdown = (cwd / "out" / "table.md").read_text("utf-8")
    assert "- dataset: aviary; split aviary 1.0.0 seed 7, aviary 1.0.0 seed 8" in markdown
    assert "- backbone: small, fine-tuned: classifier, importances at conv4" in markdown
    assert "- seeds: 7, 8" in markdown
    assert "- command: `niwt_compare --aviary_classes=12" in markdown
    assert "in H over 2 seeds" in markdown and "in H over 2 seeds" in first.stdout
    with Image.open(cwd / "out" / "figure.png") as figure:
        assert figure.width > 1000


def test_scores_are_those_of_the_runs(first: subprocess.CompletedProcess[str], cwd: Path) -> None:
    rows = json_files.read(cwd / "out" / "table.json")["rows"]
    for row in rows:
        for seed, scores in row["scores"].items():
            root = cwd / "out" / f"{row['domain']}-{seed}"
            of_niwt = row["method"] == "niwt"
            kept = root / "metrics.json" if of_niwt else root / "baselines" / f"{row['method']}.json"
            assert scores["harmonic_mean"] == json_files.read(kept)["harmonic_mean"]


def test_a_network_is_fitted_once_for_both_domains(first: subprocess.CompletedProcess[str], cwd: Path) -> None:
    log = (cwd / "out" / "captions-7" / "log.txt").read_text("utf-8")
    assert "rehearsal_backbone: done before" in log and "] backbone: done before" in log
    assert "knowledge: a domain vector for every class" in log
    weights = [cwd / "out" / f"{domain}-7" / "backbone" / "classifier.npz" for domain in ("attributes", "captions")]
    assert os.path.samefile(*weights)


def test_finished_runs_are_not_repeated_and_failed_ones_are_marked(
    first: subprocess.CompletedProcess[str], compare: _Compare, cwd: Path, tiny_data_dir: Path
) -> None:
    in_the_way = tiny_data_dir / "aviary" / f"seed{_BROKEN}_classes12_unseen3_images6_size64"
    in_the_way.write_text("no folder", "utf-8")
    before, logs = json_files.read(cwd / "out" / "table.json")["rows"], _written(cwd / "out")
    again = compare("--seeds=7,8")
    assert _written(cwd / "out") == logs  # no process was started
    assert again.returncode == 0 and again.stdout.startswith("runs: 4, of which 4 are done\n")
    assert json_files.read(cwd / "out" / "table.json")["rows"] == before
    more = compare(f"--seeds=7,8,{_BROKEN}")
    assert more.returncode == 1 and more.stdout.startswith("runs: 6, of which 4 are done\n")
    failure = more.stdout.partition(f"  failed: seed {_BROKEN}, attributes, niwt, eszsl, prototype: ")[2]
    assert str(in_the_way) in failure.partition("\n")[0]
    log = Path("out") / f"attributes-{_BROKEN}" / "log.txt"
    assert more.stderr.startswith(f"\nSome measurements failed; all others are in the table. The errors are in {log}, ")
    assert str(in_the_way) in (cwd / log).read_text("utf-8")
    rows = json_files.read(cwd / "out" / "table.json")["rows"]
    for row, old in zip(rows, before, strict=True):
        assert row["scores"] == old["scores"]
        assert str(in_the_way) in row["failed"][str(_BROKEN)]
    in_the_way.unlink()


def _written(out: Path) -> dict[Path, int]:
    """Returns when the log of each process was written last."""
    return {log: log.stat().st_mtime_ns for log in out.glob("*/log.txt")}


def test_other_settings_in_the_same_folder_are_an_error(
    first: subprocess.CompletedProcess[str], compare: _Compare
) -> None:
    answer = compare("--seeds=7,8", "--epochs=3")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"\n`--out` must hold a run with the same settings. Received: --out={Path('out', 'attributes-7')}, made with "
        "other settings:\n  --epochs: 20 there, 3 now\nName another --out, or add --overwrite to remake the stages "
        "that these settings change.\n"
    )


def test_ctrl_c_ends_the_processes_and_keeps_finished_work(tmp_path: Path) -> None:
    log = tmp_path / "runs" / "compare-aviary" / "attributes-0" / "log.txt"
    with subprocess.Popen(
        _command(), cwd=tmp_path, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        deadline = time.monotonic() + 60
        while not (log.exists() and log.read_text("utf-8")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        program.send_signal(signal.SIGINT)
        _, output = program.communicate(timeout=60)
    assert program.returncode == 130
    assert output.decode() == "\nInterrupted. Finished work is kept: run the same command to resume.\n"


def test_mistakes_are_reported_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "cwd").mkdir()
    for name in ("tensorflow", "keras"):
        (tmp_path / "traps" / name).mkdir(parents=True)
        (tmp_path / "traps" / name / "__init__.py").write_text(
            "raise RuntimeError(f'{__name__} was imported')", "utf-8"
        )
    answer = subprocess.run(
        _command("--methods=niwt,dap", "--domains=captions"),
        cwd=tmp_path / "cwd",
        env=os.environ | {"PYTHONPATH": str(tmp_path / "traps")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        "\n`dap` must have attributes or binary_attributes, as it trains a classifier for each. Received: "
        "--domain=captions. Leave dap out, or compare in a run with --domain=attributes.\n"
    )
    assert list((tmp_path / "cwd").iterdir()) == []
