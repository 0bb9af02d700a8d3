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
_ZEBRA = ["--name=zebra", "--attributes=stripes"]


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


def _read(*arguments: str) -> teach_flags.TeachRequest:
    values = flags.FlagValues()
    teach_flags.define(values, "niwt_teach")
    values(["niwt_teach", "--model=zoo.keras", *arguments])
    return teach_flags.read(values)


def test_a_class_described_by_all_flags(cwd: Path) -> None:
    request = _read(
        "--name= Zebra Finch ",
        "--captions=A bird, striped.",
        "--captions=Red bill.",
        "--captions_file=captions.txt",
        '--attributes=stripes, "big, heavy",furry:0.8',
        "--document_file=document.txt",
    )
    assert request.descriptions == {
        "Zebra Finch": {
            "captions": ("A bird, striped.", "Red bill.", "Stripes, all over.", "Long legs."),
            "attributes": ("stripes", "big, heavy", "furry:0.8"),
            "documents": ("It is striped.\nIt is shy.",),
        }
    }
    assert (request.name, request.model, request.safe_mode) == ("Zebra Finch", Path("zoo.keras"), True)
    assert request.new_file() == Path("zoo+zebra_finch.keras")


def test_several_classes_from_a_file(cwd: Path) -> None:
    request = _read("--classes=two.yaml", "--images=*.png", "--nosafe_mode", "--out=new/zoo.keras")
    assert request.descriptions == {"okapi": {"captions": ("legs",)}, "gnu": {"captions": ("beard", "horns")}}
    assert (request.images, request.safe_mode, request.new_file()) == ((Path("a.png"),), False, Path("new/zoo.keras"))
    assert _read("--classes=two.yaml").new_file() == Path("zoo+okapi+gnu.keras")


def test_forgetting_alone_and_with_a_new_class(cwd: Path) -> None:
    assert _read("--forget=zebra,gnu").forget == ("zebra", "gnu")
    assert _read("--forget=zebra,gnu").new_file() == Path("zoo-zebra-gnu.keras")
    assert _read("--forget=zebra", *_ZEBRA).new_file() == Path("zoo-zebra+zebra.keras")


def test_the_name_can_be_asked_for(cwd: Path) -> None:
    request = _read("--interactive")
    assert request.interactive and request.name == "" and request.descriptions == {}
    assert request.new_file("Okapi") == Path("zoo+okapi.keras")
    assert _read("--interactive", *_ZEBRA).descriptions == {"zebra": {"captions": (), "attributes": ("stripes",)}}
    assert _read("--interactive", "--name=zebra").new_file("gnu") == Path("zoo+gnu.keras")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            [],
            "A class to teach or to remove must be named. Received none. Add --name with --captions or --attributes, "
            "--classes=FILE, --interactive, or --forget=NAME.",
        ),
        (
            ["--captions=x", "--attributes=y"],
            "`--name` must be the name of the new class. Received: --captions, --attributes without a name. Add "
            "--name=NAME.",
        ),
        (
            ["--name= ", "--captions=x"],
            "`--name` must be the name of the new class. Received: --name, --captions without a name. Add --name=NAME.",
        ),
        (
            ["--classes=two.yaml", "--name=zebra", "--interactive"],
            "`--classes` must be the only description of classes. Received: --classes=two.yaml with --name, "
            "--interactive. Leave out --classes, or --name, --interactive.",
        ),
        (
            [f"--classes={'x' * 900}", "--name=zebra"],
            "`--classes` must be the only description of classes. Received: "
            f"--classes={'x' * 98}...{'x' * 99} with --name. Leave out --classes, or --name.",
        ),
        (
            ["--forget=zebra", "--images=a.png"],
            "`--images` must come with a class to teach, whose effect on them is shown. Received: --images with only "
            "--forget. Leave --images out.",
        ),
        *(
            (
                ["--name=zebra", *texts],
                "A new class must be described. Received: --name=zebra without a description, or with an empty one. "
                "Add --captions, --captions_file, --attributes, --document_file or --images_of_class, or "
                "--interactive to be asked.",
            )
            for texts in ([], ["--captions= "], ["--attributes=, ,"], ["--captions_file=blank.txt"])
        ),
        *(
            (
                [*_ZEBRA, f"--max_seen_loss={limit}"],
                "`--max_seen_loss` must be a share of the accuracy on seen classes, from 0 to 0.5. Received: "
                f"--max_seen_loss={limit}. Give --max_seen_loss=0.02 to lose at most two of a hundred images.",
            )
            for limit in ("-0.1", "0.6", "nan", "much", "2%")
        ),
        *(
            (
                [*others, "--images_of_class=a.png"],
                "`--images_of_class` must be photographs of the one class of --name. Received: --images_of_class "
                f"{received}. Teach one class at a time by photographs.",
            )
            for others, received in (
                (["--classes=two.yaml"], "without --name"),
                (["--interactive"], "without --name"),
                (["--interactive", "--name=zebra"], "with --classes or --interactive"),
                (["--forget=zebra"], "without --name"),
            )
        ),
        (
            [*_ZEBRA, "--improve"],
            "`--improve` must come with photographs of the class. Received: --improve without --images_of_class. Add "
            "--images_of_class=FOLDER.",
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
            [*_ZEBRA, "--out=zoo.h5"],
            "`--out` must end in .keras. Received: --out=zoo.h5. Choose another --out.",
        ),
        (
            [*_ZEBRA, "--out=zoo.keras"],
            "`--out` must be a new file, because no file is overwritten. Received: --out=zoo.keras, which exists. "
            "Choose another --out, or remove the file.",
        ),
        (
            ["--model=none.keras", *_ZEBRA],
            "`--model` must be the folder of a run, or a .keras bundle. Received: --model=none.keras, which does not "
            "exist. Name a folder that niwt made, or a bundle that niwt_teach or niwt_export wrote.",
        ),
    ],
)
def test_mistakes_are_errors(arguments: list[str], message: str, cwd: Path) -> None:
    with pytest.raises(errors.UserError) as caught:
        _read(*arguments)
    assert caught.value.as_flags() == message


@pytest.mark.parametrize(("text", "limit"), [("0", 0), ("0.5", 0.5), ("1e-3", 0.001), ("none", None), (" None ", None)])
def test_the_limit_is_a_number_or_none(text: str, limit: float | None, cwd: Path) -> None:
    assert _read(*_ZEBRA, f"--max_seen_loss={text}").max_seen_loss == limit
    assert _read(*_ZEBRA).max_seen_loss == 0.02


def test_photographs_need_no_words(cwd: Path) -> None:
    request = _read("--name=zebra", "--images_of_class=a.png", "--improve", "--force")
    assert request.photographs == (Path("a.png"),) and request.improve and request.force
    assert set(request.descriptions) == {"zebra"} and not any(request.descriptions["zebra"].values())
    assert request.new_file() == Path("zoo+zebra.keras")


def test_missing_images_are_an_error(cwd: Path) -> None:
    with pytest.raises(errors.UserError, match="Received: no image in none/."):
        _read(*_ZEBRA, "--images=a.png,none/")


@pytest.mark.parametrize("arguments", [_ZEBRA, ["--forget=zebra"], ["--interactive", "--name=zebra"]])
def test_a_file_at_the_default_path_is_an_error(arguments: list[str], cwd: Path) -> None:
    Path("zoo+zebra.keras").touch()
    Path("zoo-zebra.keras").touch()
    with pytest.raises(errors.UserError, match=r"no file is overwritten. Received: out='zoo[+-]zebra.keras'"):
        _read(*arguments)


def test_flags_are_read_without_tensorflow() -> None:
    script = "import sys; from niwt_tf.cli import niwt_teach; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=_ROOT, timeout=60).returncode == 0
