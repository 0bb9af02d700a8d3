# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the program `niwt` as its user meets it; what needs no network must answer without TensorFlow."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes import benchmark
from niwt_tf import config as config_lib
from niwt_tf import workdir
from niwt_tf.runs import stage_table

_ROOT = Path(__file__).resolve().parents[2]
_OPTIONS = set(config_lib.options(config_lib.RunConfig()))
_FLAG = re.compile(r"^  (?:-\w,)?--(?:\[no\])?(\w+): ", re.MULTILINE)
_Niwt = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    """Where the program is run: an empty folder."""
    folder = tmp_path / "cwd"
    folder.mkdir()
    return folder


@pytest.fixture
def niwt(tmp_path: Path, cwd: Path) -> _Niwt:
    """Runs bin/niwt; by default with fakes of TensorFlow and Keras that fail when they are imported."""
    traps, home = tmp_path / "traps", tmp_path / "home"
    home.mkdir()
    for name in ("tensorflow", "keras", "tensorflow_datasets"):
        (traps / name).mkdir(parents=True)
        (traps / name / "__init__.py").write_text("raise RuntimeError(f'{__name__} was imported')", "utf-8")

    def run(*arguments: str, tensorflow: bool = False) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        env |= {"PYTHONPATH": "" if tensorflow else str(traps), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(home)}
        command = [sys.executable, str(_ROOT / "bin" / "niwt"), *arguments]
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120)

    return run


def _contents(folder: Path) -> dict[str, bytes | None]:
    """Returns all below a folder: relative path -> what it holds, None for a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


def _assert_error(answer: subprocess.CompletedProcess[str], message: str) -> None:
    """Exit status 1, the one message, and nothing else."""
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", f"\n{message}\n")


def test_help_answers_at_once_with_the_flags_used_most(niwt: _Niwt, cwd: Path) -> None:
    begun = time.monotonic()
    answer = niwt("--help")
    assert time.monotonic() - begun < 5
    assert answer.stdout.startswith("Train an image classifier, and teach it classes without any image of them, ")
    assert set(_FLAG.findall(answer.stdout)) == {
        "dataset",
        "data_dir",
        "unseen",
        "domain",
        "backbone",
        "layer",
        "list_layers",
        "seed",
        "aviary_seed",
        "workdir",
        "stages",
        "overwrite",
        "wait",
    }
    assert "--helpfull" in answer.stdout
    assert answer.stderr == "" and not _contents(cwd)


def test_helpfull_shows_every_flag_once_under_its_group(niwt: _Niwt) -> None:
    answer = niwt("--helpfull")
    shown = Counter(_FLAG.findall(answer.stdout))
    assert {
        name: shown[name]
        for name in _OPTIONS | {"workdir", "stages", "overwrite", "list_layers", "wait"}
        if shown[name] != 1
    } == {}
    groups = re.split(r"^\S*niwt: (.*):$", answer.stdout, flags=re.MULTILINE)
    by_title = dict(zip(groups[1::2], map(_FLAG.findall, groups[2::2]), strict=True))
    assert len(by_title) == 7
    assert "aviary_seed" in by_title["Images"] and "domain" in by_title["Domain knowledge"]
    assert "lambdas" in by_title["Validation candidates"] and "layer" in by_title["Backbone"]
    assert answer.stderr == ""


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--sede=1", "Flags must exist. Received: --sede, which does not. Did you mean --seed?"),
        ("--seed=one", "`--seed` must be a whole number. Received: --seed=one."),
        ("--flagfile=none.flags", "`--flagfile` must be a file that can be read. Received: [Errno 2] No such file"),
        ("--nooverwrite=1", "Flags must be written as --name=value"),
    ],
)
def test_wrong_flags_are_errors(niwt: _Niwt, cwd: Path, argument: str, message: str) -> None:
    answer = niwt(argument)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith(f"\n{message}") and len(answer.stderr.splitlines()) == 2
    assert not _contents(cwd)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (
            "--dataset=aviari",
            "`--dataset` must be one of aviary, folder, awa2, cub, sun, apy. Received: --dataset=aviari. Did you mean "
            "'aviary'?",
        ),
        (
            "--domain=documnets",
            "`--domain` must be one of attributes, binary_attributes, captions, documents, sentences, or several of "
            "them joined by +. Received: --domain=documnets. Did you mean 'documents'?",
        ),
        (
            "--domain=",
            "`--domain` must be one of attributes, binary_attributes, captions, documents, sentences, or several of "
            "them joined by +. Received: --domain=.",
        ),
        (
            "--captions_dir=none",
            "`--captions_dir` must be a folder with files <class>.txt. Received: --captions_dir=none, which does not "
            "exist. Name the folder that contains the files.",
        ),
        (
            "--text_encoder=word2vec:none.bin",
            "`--text_encoder` must name an existing file or folder. Received: --text_encoder=word2vec:none.bin, where "
            "none.bin does not exist. Write a file in a format of word2vec or GloVe after word2vec:.",
        ),
        (
            "--weights=none",
            "`--weights` must be for a network of keras.applications. Received: --weights=none with --backbone=small, "
            "which starts without. Leave --weights out.",
        ),
        (
            "--backbone=keras:none.keras",
            "`--backbone` must name an existing file or folder. Received: --backbone=keras:none.keras, where "
            "none.keras does not exist. Name an existing file or folder.",
        ),
        (
            "--stages=data,backbon",
            "`--stages` must be one of data, knowledge, activations, rehearsal_backbone, rehearsal, backbone, "
            "importances, map, transfer, evaluate, inverse_map, explain, report. Received: --stages=backbon. Did you "
            "mean 'backbone'?",
        ),
        ("--seed=-1", "`--seed` must be from 0 to 2147483647. Received: --seed=-1."),
        ("--lambdas=a,b", "`--lambdas` must be numbers, separated by commas. Received: --lambdas=a,b."),
        ("aviary", "Arguments must be flags, such as --seed=1. Received: aviary. Use --help to list the flags."),
    ],
)
def test_mistakes_are_reported_at_once_and_nothing_is_written(
    niwt: _Niwt, cwd: Path, argument: str, message: str
) -> None:
    _assert_error(niwt(argument), message)
    assert not _contents(cwd)


def test_a_workdir_of_other_settings_is_an_error_and_unchanged(niwt: _Niwt, cwd: Path) -> None:
    folder, other = workdir.Workdir(cwd / "run"), config_lib.RunConfig(seed=3)
    folder.claim(other)
    with folder.writing("backbone", stage_table.records(other)["backbone"]):
        pass
    before = _contents(cwd)
    _assert_error(
        niwt("--workdir=run", "--domain=captions"),
        "`--workdir` must hold a run with the same settings. Received: --workdir=run, made with other settings:\n"
        "  --domain: 'attributes' there, 'captions' now\n"
        "  --seed: 3 there, 0 now\n"
        "Name another --workdir, or add --overwrite to remake the stages that these settings change.",
    )
    assert _contents(cwd) == before


@pytest.mark.parametrize("folder", ["file", "file/run"])
def test_a_workdir_under_a_file_is_reported_at_once(niwt: _Niwt, cwd: Path, folder: str) -> None:
    (cwd / "file").write_text("precious", "utf-8")
    answer = niwt(f"--workdir={folder}")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "--workdir" in answer.stderr and "file" in answer.stderr and "Traceback" not in answer.stderr
    assert _contents(cwd) == {"file": b"precious"}


@pytest.mark.slow
def test_an_unknown_layer_is_reported_before_a_workdir_is_claimed(niwt: _Niwt, cwd: Path) -> None:
    answer = niwt("--layer=conv5", "--workdir=run", tensorflow=True)
    layers = ", ".join(f"conv{number}{part}" for number in range(1, 5) for part in ("_kernel", "_norm", ""))
    assert answer.returncode == 1
    assert re.fullmatch(r"starting TensorFlow\n  .*TensorFlow computes on .*\n", answer.stdout)
    assert answer.stderr == (f"\n`--layer` must be one of {layers}. Received: --layer=conv5. Did you mean 'conv4'?\n")
    assert not _contents(cwd)


@pytest.mark.slow
def test_a_run_refused_in_a_stage_leaves_a_folder_that_takes_the_corrected_settings(niwt: _Niwt, cwd: Path) -> None:
    for place in (f"images/{label}/{number}.jpg" for label in ("ant", "bee", "cat") for number in range(4)):
        (cwd / "mine" / place).parent.mkdir(parents=True, exist_ok=True)
        (cwd / "mine" / place).write_text(f"no image {place}", "utf-8")
        benchmark.draw(cwd / "good" / place, seed=len(place) * int(place[-5]) + ord(place[7]))
    run = ("--dataset=folder", "--workdir=run", "--stages=data")
    refused = niwt(*run, "--data_dir=mine", "--unseen=cat", tensorflow=True)
    assert refused.returncode == 1 and "of the images must be readable" in refused.stderr
    corrected = niwt(*run, "--data_dir=good", "--unseen=bee", "--seed=3", tensorflow=True)
    assert (corrected.returncode, corrected.stderr) == (0, "")
    assert (cwd / "run" / "data").is_dir()


@pytest.mark.slow
def test_layers_are_listed_and_nothing_is_run(niwt: _Niwt, cwd: Path) -> None:
    answer = niwt("--list_layers", tensorflow=True)
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = answer.stdout.splitlines()
    assert lines[0] == "starting TensorFlow" and len(lines) == 2 + 12
    assert lines[-1].split()[:6] == ["conv4", "8", "x", "8", "x", "128"] and lines[-1].endswith("the default")
    assert not _contents(cwd)
