# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the flags of `niwt_teach`, for which TensorFlow never starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from absl import flags
from PIL import Image

from niwt_tf import errors
from niwt_tf.cli import teach_flags

_ROOT = Path(__file__).resolve().parents[2]
_TOLD = ["--name=zebra", "--attributes=stripes"]


@pytest.fixture
def cwd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: with a model, texts and images."""
    monkeypatch.chdir(tmp_path)
    Path("zoo.keras").touch()
    Path("captions.txt").write_text("\ufeffStripes, all over.\n\n  Long legs. \n", "utf-8")
    Path("blank.txt").write_text(" \n\n", "utf-8")
    Path("document.txt").write_text("It is striped.\nIt is shy.", "utf-8")
    Path("two.yaml").write_text("okapi: {captions: legs}\ngnu: {captions: [beard, horns]}", "utf-8")
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save("a.png")
    return tmp_path


def _read(*arguments: str) -> teach_flags.Asked:
    values = flags.FlagValues()
    teach_flags.define(values, "niwt_teach")
    values(["niwt_teach", "--model=zoo.keras", *arguments])
    return teach_flags.read(values)


def test_a_class_by_all_that_can_be_told_of_it(cwd: Path) -> None:
    asked = _read(
        "--name= Zebra Finch ",
        "--captions=A bird, striped.",
        "--captions=Red bill.",
        "--captions_file=captions.txt",
        '--attributes=stripes, "big, heavy",furry:0.8',
        "--document_file=document.txt",
    )
    assert asked.described == {
        "Zebra Finch": {
            "captions": ("A bird, striped.", "Red bill.", "Stripes, all over.", "Long legs."),
            "attributes": ("stripes", "big, heavy", "furry:0.8"),
            "documents": ("It is striped.\nIt is shy.",),
        }
    }
    assert (asked.name, asked.model, asked.safe_mode) == ("Zebra Finch", Path("zoo.keras"), True)
    assert asked.new_file() == Path("zoo+zebra_finch.keras")


def test_several_classes_from_a_file(cwd: Path) -> None:
    asked = _read("--classes=two.yaml", "--images=*.png", "--nosafe_mode", "--out=new/zoo.keras")
    assert asked.described == {"okapi": {"captions": ("legs",)}, "gnu": {"captions": ("beard", "horns")}}
    assert (asked.images, asked.safe_mode, asked.new_file()) == ((Path("a.png"),), False, Path("new/zoo.keras"))
    assert _read("--classes=two.yaml").new_file() == Path("zoo+okapi+gnu.keras")


def test_forgetting_alone_and_with_a_class_in_place(cwd: Path) -> None:
    assert _read("--forget=zebra,gnu").forget == ("zebra", "gnu")
    assert _read("--forget=zebra,gnu").new_file() == Path("zoo-zebra-gnu.keras")
    assert _read("--forget=zebra", *_TOLD).new_file() == Path("zoo-zebra+zebra.keras")


def test_the_name_can_be_asked_for(cwd: Path) -> None:
    asked = _read("--interactive")
    assert asked.interactive and asked.name == "" and asked.described == {}
    assert asked.new_file("Okapi") == Path("zoo+okapi.keras")
    assert _read("--interactive", *_TOLD).described == {"zebra": {"captions": (), "attributes": ("stripes",)}}
    assert _read("--interactive", "--name=zebra").new_file("gnu") == Path("zoo+gnu.keras")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            [],
            "`niwt_teach` must be asked for something. Received: no class. Add --name with --captions or --attributes, "
            "--classes=FILE, --interactive, or --forget=NAME.",
        ),
        (
            ["--captions=x", "--attributes=y"],
            "`--name` must name the class that is described. Received: --captions, --attributes alone. Add "
            "--name=NAME.",
        ),
        (
            ["--name= ", "--captions=x"],
            "`--name` must name the class that is described. Received: --name, --captions alone. Add --name=NAME.",
        ),
        (
            ["--classes=two.yaml", "--name=zebra", "--interactive"],
            "`--classes` must be all that describes classes. Received: --classes with --name, --interactive. Leave one "
            "of them out.",
        ),
        (
            ["--forget=zebra", "--images=a.png"],
            "`--images` must come with a class to teach, whose effect they show. Received: --images with --forget "
            "alone. Leave --images out.",
        ),
        *(
            (
                ["--name=zebra", *told],
                "A class must be described. Received: --name=zebra with an empty description. Add --captions, "
                "--captions_file, --attributes or --document_file, or --interactive to be asked.",
            )
            for told in ([], ["--captions= "], ["--attributes=, ,"], ["--captions_file=blank.txt"])
        ),
        (
            ["--name=zebra", "--captions_file=none.txt"],
            "`--captions_file` must name a file. Received: --captions_file=none.txt, which does not exist. Name an "
            "existing file.",
        ),
        (
            ["--name=zebra", "--document_file=."],
            "`--document_file` must name a file. Received: --document_file=., which is not a file. Name an existing "
            "file.",
        ),
        (
            ["--classes=none.csv"],
            "`--classes` must name a file. Received: --classes=none.csv, which does not exist. Name an existing file.",
        ),
        (
            [*_TOLD, "--out=zoo.h5"],
            "`--out` must end in .keras. Received: --out=zoo.h5. Name another --out.",
        ),
        (
            [*_TOLD, "--out=zoo.keras"],
            "`--out` must be a new file: nothing is written over. Received: --out=zoo.keras, which is there. Name "
            "another --out, or remove it first.",
        ),
        (
            ["--model=none.keras", *_TOLD],
            "`--model` must be the folder of a run, or a .keras bundle. Received: --model=none.keras, where there is "
            "none. Name one that niwt or niwt_teach made.",
        ),
    ],
)
def test_mistakes_are_told(arguments: list[str], message: str, cwd: Path) -> None:
    with pytest.raises(errors.UserError) as caught:
        _read(*arguments)
    assert str(caught.value) == message


def test_images_that_are_none_are_told(cwd: Path) -> None:
    with pytest.raises(errors.UserError, match="Received: no image in none/."):
        _read(*_TOLD, "--images=a.png,none/")


@pytest.mark.parametrize("arguments", [_TOLD, ["--forget=zebra"], ["--interactive", "--name=zebra"]])
def test_what_lies_at_the_default_place_is_told(arguments: list[str], cwd: Path) -> None:
    Path("zoo+zebra.keras").touch()
    Path("zoo-zebra.keras").touch()
    with pytest.raises(errors.UserError, match=r"nothing is written over. Received: --out=zoo[+-]zebra.keras"):
        _read(*arguments)


def test_flags_are_read_without_tensorflow() -> None:
    script = "import sys; from niwt_tf.cli import niwt_teach; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=_ROOT, timeout=60).returncode == 0
