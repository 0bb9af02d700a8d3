# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the program `niwt_teach` as its user meets it."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from absl import flags
from PIL import Image

from fakes import exported, gaussian, models
from niwt_tf import errors
from niwt_tf.cli import niwt_teach, teach_flags
from niwt_tf.models import model as model_lib

_ROOT = Path(__file__).resolve().parents[2]
_ATTRIBUTES = "coat: striped,horns"
_Teach = Callable[..., str]


def _run(*arguments: str | Path, cwd: Path, answers: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(_ROOT / "bin" / "niwt_teach"), *map(str, arguments)]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd=cwd, env=env, input=answers, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose neurons have no names."""
    model = dataclasses.replace(models.by_attributes(), neuron_names=(None,) * 6)
    return exported.write_run(tmp_path_factory.mktemp("runs") / "birds", model)


def _quick(model: model_lib.Model) -> model_lib.Model:
    """Returns a model that learns for one step alone."""
    transfer = dataclasses.replace(model.config.transfer, transfer_steps=1)
    return dataclasses.replace(model, config=dataclasses.replace(model.config, transfer=transfer))


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that knows animals by attributes, and one that knows them by captions."""
    folder = tmp_path_factory.mktemp("bundles")
    zoo = _quick(models.by_attributes()).teach("zebra", attributes=["coat: striped", "weight:0.4"])
    zoo.save(str(folder / "zoo.keras"))
    _quick(models.by_captions()).save(str(folder / "captions.keras"))
    return folder


@pytest.fixture
def cwd(bundles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with both bundles and two images, one of which is none."""
    for bundle in bundles.iterdir():
        shutil.copy(bundle, tmp_path)
    (tmp_path / "photos").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photos" / "a.png")
    (tmp_path / "photos" / "b.png").write_text("no image", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def teach(cwd: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> _Teach:
    """Runs the program here, without a process of its own, and returns what it prints.

    Four classes are too few to tell whether their descriptions carry over, so that the models are written by force.
    """

    def called(*arguments: str) -> str:
        values = flags.FlagValues()
        teach_flags.define(values, "niwt_teach")
        values(["niwt_teach", "--force", *arguments])
        monkeypatch.setattr(flags, "FLAGS", values)
        niwt_teach.main([])
        return capsys.readouterr().out

    return called


def _stamps(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.slow
def test_a_run_is_taught_a_class_in_a_bundle_beside_it(run: Path, cwd: Path) -> None:
    before = _stamps(run)
    described = ["--name=Zebra Finch", f"--attributes={_ATTRIBUTES}"]
    answer = _run(f"--model={run}", *described, "--images=photos", "--force", cwd=cwd)
    assert (answer.returncode, answer.stderr) == (0, "")
    out = run.with_name("birds+zebra_finch.keras")
    lines = [re.sub(r"\d+\.\d+", "#", line) for line in answer.stdout.splitlines()]
    assert lines[0] == "starting TensorFlow" and lines[1].startswith("  unreadable    photos/b.png (")
    assert lines[2:4] == ["Zebra Finch", "  understood    coat: striped, horns"]
    assert lines[4].startswith("  will look at  neuron ")
    labels = [line[:16].strip() for line in lines[2:] if line[:16].strip() and line.startswith("  ")]
    assert [label for label in labels if label != "warning"] == [
        *("understood", "will look at", "nearest", "1 image", "expected", "as", "taught in", "classes", "calibration"),
        *("neurons", "written"),
    ]
    assert lines[-1] == f"  written       {out}" and "  classes       6, 2 of them learned from descriptions" in lines
    assert "  taught in     # s" in lines
    assert f"--workdir={run} --stages=explain" in " ".join(answer.stdout.split())
    assert _stamps(run) == before
    taught = model_lib.load(out)
    assert taught.class_names[-1] == "Zebra Finch" and taught.taught[0].attributes == tuple(_ATTRIBUTES.split(","))
    again = _run(f"--model={run}", "--name=zebra finch", "--attributes=horns", cwd=cwd)
    assert (again.returncode, again.stdout) == (1, "")  # at once, before TensorFlow starts
    assert again.stderr == (
        f"\n`--out` must be a new file, because no file is overwritten. Received: --out={out}, which exists. Choose "
        "another --out, or remove the file.\n"
    )


@pytest.mark.slow
def test_a_bundle_is_taught_line_by_line(cwd: Path) -> None:
    lines = ["cow", "Gnu", "zorilla quagga", "white and black horns", "grey", "undo", "save"]
    answer = _run(
        *("--model=captions.keras", "--interactive", "--images=photos", "--force"),
        cwd=cwd,
        answers="\n".join(lines) + "\n",
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "\nName of the new class:\nThe model already has a class Cow. Another name:\n" in answer.stdout
    assert "Received: only unknown words: zorilla, quagga." in answer.stdout
    assert answer.stdout.count("\nGnu\n  understood    ") == 3
    assert answer.stdout.endswith("\n  written       captions+gnu.keras\n")
    assert model_lib.load(cwd / "captions+gnu.keras").taught[0].captions == ("white and black horns",)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--name=gnu", "--attributes=hornz"], "Received: attributes='hornz'. Did you mean 'horns'?"),
        (["--name=gnu", "--attributes=coat: plain,coat: striped"], "must not contradict one another. Received: coat=p"),
        (
            ["--name=gnu", "--attributes=weight:5"],
            "must have numbers in the table's unit, here -1 to 2, or percentages",
        ),
        (["--name=ZEBRA", "--attributes=horns", "--out=x.keras"], "Received: 'ZEBRA', where the model has 'zebra'."),
        (
            ["--name=gnu", "--captions=black stripes"],
            "in the domains of the model: attributes. Received: captions for",
        ),
        (["--forget=zebro"], "Received: forget='zebro'. Did you mean 'zebra'?"),
        (
            ["--forget=cow"],
            "`forget` must name only classes that were learned from descriptions. Received: Cow, learned",
        ),
        (["--interactive", "--name=gnu", "--captions=x"], "by attributes. Received: --captions."),
        (
            ["--model=captions.keras", "--name=gnu", "--captions=a zorilla", "--captions=the quagga"],
            "Received: only unknown words: zorilla, quagga.",
        ),
        (["--model=photos/a.keras", "--name=gnu", "--attributes=horns"], "which does not exist."),
    ],
)
def test_mistakes_are_errors_and_nothing_is_written(
    arguments: list[str], message: str, teach: _Teach, cwd: Path
) -> None:
    before = _stamps(cwd)
    with pytest.raises(errors.UserError, match=re.escape(message)):
        teach("--model=zoo.keras", *arguments)
    assert _stamps(cwd) == before


def test_broken_bundles_are_errors(teach: _Teach, cwd: Path) -> None:
    whole = (cwd / "zoo.keras").read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:], b""):
        (cwd / "bad.keras").write_bytes(broken)
        with pytest.raises(errors.UserError, match=re.escape("a complete .keras bundle of niwt_tf. Received")):
            teach("--model=bad.keras", "--name=gnu", "--attributes=horns")
    assert not list(cwd.glob("bad+*"))


def test_a_bundle_is_taught_again_and_forgets(teach: _Teach, cwd: Path) -> None:
    output = teach("--model=zoo.keras", "--name=gnu", "--attributes=horns,weight:80%")
    assert "  understood    horns 1, weight 0.57\n" in output
    assert "  neurons" not in output  # as some have names
    assert model_lib.load("zoo+gnu.keras").classifier.unseen == ("Okapi", "zebra", "gnu")
    output = teach("--model=zoo+gnu.keras", "--forget=Zebra,okapi")
    assert "removed: Okapi, zebra\n" in output and "  classes       5, 1 of them learned from descriptions\n" in output
    left = model_lib.load("zoo+gnu-zebra-okapi.keras")
    assert left.classifier.unseen == ("gnu",) and [one.name for one in left.taught] == ["gnu"]


def test_a_class_is_described_anew(teach: _Teach) -> None:
    teach("--model=zoo.keras", "--forget=zebra", "--name=zebra", "--attributes=horns", "--out=new/zoo.keras")
    (one,) = model_lib.load("new/zoo.keras").taught
    assert (one.name, one.attributes) == ("zebra", ("horns",))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("more.yaml", "gnu: {attributes: [horns, coat: plain]}\nquagga:\n  attributes: {coat: striped, weight: 0.3}"),
        ("more.csv", 'name,attributes\ngnu,"horns,coat: plain"\nquagga,coat: striped\nquagga,weight: 0.3'),
    ],
)
def test_several_classes_from_a_file(name: str, content: str, teach: _Teach, cwd: Path) -> None:
    (cwd / name).write_text(content, "utf-8")
    output = teach("--model=zoo.keras", f"--classes={name}", "--images=photos")
    assert output.index("\ngnu\n  understood    ") < output.index(
        "\n\nquagga\n  understood    coat: striped 1, weight 0.3\n"
    )
    assert "  unreadable    photos/b.png (" in output and " classified as quagga" in output
    taught = model_lib.load("zoo+gnu+quagga.keras").taught
    assert {one.name: one.attributes for one in taught[1:]} == {
        "gnu": ("horns", "coat: plain"),
        "quagga": ("coat: striped", "weight: 0.3"),
    }


def test_the_reports_on_many_classes_are_in_a_file(teach: _Teach, cwd: Path) -> None:
    lines = [f'z{index},"coat: striped,weight: {index / 30}"' for index in range(21)]
    (cwd / "more.csv").write_text("\n".join(["name,attributes", *lines]), "utf-8")
    output = teach("--model=zoo.keras", "--classes=more.csv")
    reports = (cwd / "zoo+21-classes.reports.txt").read_text("utf-8")
    assert "\n21 classes\n" in output and "  reports       zoo+21-classes.reports.txt\n" in output
    assert [f"z{index}\n  understood " in reports for index in range(21)] == [True] * 21
    assert "understood" not in output and len(model_lib.load("zoo+21-classes.keras").taught) == 22
    (cwd / "zoo+21-classes.keras").unlink()
    with pytest.raises(errors.UserError, match=r"Received: zoo\+21-classes.reports.txt, which exists. Choose another"):
        teach("--model=zoo.keras", "--classes=more.csv")
    assert not (cwd / "zoo+21-classes.keras").exists()


def test_a_mistake_in_one_of_several_classes_leaves_nothing(teach: _Teach, cwd: Path) -> None:
    (cwd / "more.yaml").write_text("gnu: {attributes: [horns]}\nyak: {attributes: {weight: heavy}}", "utf-8")
    with pytest.raises(errors.UserError, match=re.escape("Received: 'weight: heavy'.")):
        teach("--model=zoo.keras", "--classes=more.yaml")
    assert not list(cwd.glob("zoo+*"))


@pytest.mark.parametrize("answers", [[], ["gnu"], ["gnu", "horns"], ["gnu", "horns", "quit", "save"]])
def test_without_save_nothing_is_written(
    answers: list[str], teach: _Teach, cwd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter(answers)

    def answer(prompt: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", answer)
    assert teach("--model=zoo.keras", "--interactive").endswith("\nNothing was written.\n")
    assert not list(cwd.glob("zoo+*"))


def test_the_path_to_write_is_checked_before_the_dialogue(
    teach: _Teach, cwd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cwd / "zoo+gnu.keras").touch()
    left = iter(["gnu", "horns", "save"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(left))
    with pytest.raises(errors.UserError, match=re.escape("Received: out='zoo+gnu.keras', which exists.")):
        teach("--model=zoo.keras", "--interactive")
    assert list(left) == ["horns", "save"]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with models of a world whose attributes tell of the classes, and of one where they do not.

    Four photographs of a new class are there, one of which is none, and images of the seen classes.
    """
    monkeypatch.chdir(tmp_path)
    gaussian.model(True).save("own.keras")
    gaussian.model(is_told=False).save("noise.keras")
    _write_images(Path("photos"), gaussian.SEEN, 3)
    Path("photos/no.png").write_text("no image", "utf-8")
    for label, name in enumerate(gaussian.NAMES):
        _write_images(Path("known", name.replace(" ", "_")), label, 4)
    return tmp_path


def _write_images(folder: Path, label: int, count: int) -> None:
    folder.mkdir(parents=True)
    for index, image in enumerate(gaussian.images(np.full(count, label), 31)):
        Image.fromarray(image).save(folder / f"{index}.png")


def _called(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    values = flags.FlagValues()
    teach_flags.define(values, "niwt_teach")
    values(["niwt_teach", *arguments])
    monkeypatch.setattr(flags, "FLAGS", values)
    niwt_teach.main([])
    return " ".join(capsys.readouterr().out.split())


_NEW = ("--name=new 0", f"--attributes={','.join(gaussian.attributes(0))}")


def test_what_to_expect_is_told_and_then_photographs_improve_it(
    world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = _called(capsys, monkeypatch, "--model=own.keras", *_NEW)
    promise = model_lib.load("own+new_0.keras").limited.expected
    assert f" expected {promise.loss:.1%} ± {promise.loss_error:.1%} of the accuracy on seen" in output
    assert f"(limit 2.0%); {promise.recognised:.0%} of a new class's images recognised ({promise.low:.0%} to" in output
    assert " as new 0 may be taken for: " in output and "warning" not in output
    improving = ("--name=NEW 0", "--improve", "--images_of_class=photos", "--images=known", "--out=better.keras")
    output = _called(capsys, monkeypatch, "--model=own+new_0.keras", *improving)
    assert " unreadable photos/no.png (" in output and " photographs 3, which the model took before for: " in output
    assert " 40 images " in output and " classified as new 0" in output
    better = model_lib.load("better.keras")
    assert len(better.limited.photographs_of("new 0")) == 3
    assert better.taught[0].attributes == gaussian.attributes(0)


def test_images_in_folders_of_seen_classes_are_the_evidence(
    world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = _called(capsys, monkeypatch, "--model=own.keras", *_NEW, "--images=known")
    assert " known images 40 images of 10 seen classes, by the names of their folders, of which " in output
    for name in gaussian.NAMES[4:]:
        shutil.rmtree(world / "known" / name.replace(" ", "_"))
    output = _called(capsys, monkeypatch, "--model=own.keras", *_NEW, "--images=known", "--out=b.keras")
    assert "known images" not in output  # of fewer than half the classes


def test_photographs_alone_teach_a_class_but_not_if_none_can_be_read(
    world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = _called(capsys, monkeypatch, "--model=own.keras", "--name=new 0", "--images_of_class=photos")
    assert "understood" not in output and " expected " in output
    assert len(model_lib.load("own+new_0.keras").limited.photographs) == 3
    for words in ((), _NEW[1:], ("--improve",)):
        with pytest.raises(errors.UserError, match=re.escape("Received: photos/no.png, of which none can be.")):
            arguments = ("--name=new 1", *words, "--images_of_class=photos/no.png")
            _called(capsys, monkeypatch, "--model=own.keras", *arguments)
    assert not Path("own+new_1.keras").exists()


def test_descriptions_that_tell_nothing_are_refused_unless_by_force(
    world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = (
        r"^The descriptions must tell enough of the classes. Received: these descriptions do not carry over .*"
        r"Nothing was written. To write the model anyway, add --force.$"
    )
    lines = [f'z{index},"a0: {index / 30}"' for index in range(21)]
    Path("more.csv").write_text("\n".join(["name,attributes", *lines]), "utf-8")
    for arguments, out in ((_NEW, "noise+new_0.keras"), (("--classes=more.csv",), "noise+21-classes.keras")):
        before = set(world.iterdir())
        with pytest.raises(errors.UserError, match=message):
            _called(capsys, monkeypatch, "--model=noise.keras", *arguments)
        assert set(world.iterdir()) == before  # not the reports either
        output = _called(capsys, monkeypatch, "--model=noise.keras", *arguments, "--force")
        assert output.count(" warning these descriptions do not carry over to new classes: ") == 1
        assert Path(out).exists()
    _called(capsys, monkeypatch, "--model=noise.keras", *_NEW, "--max_seen_loss=none", "--out=old.keras")
    assert not model_lib.load("old.keras").limited.names


def test_photographs_need_a_limit(
    world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for more in ((), ("--improve",)):
        with pytest.raises(errors.UserError, match="`max_seen_loss` must be a number where there are photographs"):
            arguments = (*_NEW, *more, "--images_of_class=photos", "--max_seen_loss=none")
            _called(capsys, monkeypatch, "--model=own.keras", *arguments)


def test_an_attribute_that_no_seen_class_has_is_left_out(teach: _Teach, cwd: Path) -> None:
    model = models.by_attributes()
    vectors = model.knowledge.vectors * np.float32([1, 1, 0, 1])
    dataclasses.replace(model, knowledge=dataclasses.replace(model.knowledge, vectors=vectors)).save("plain.keras")
    output = teach("--model=plain.keras", "--name=gnu", "--attributes=horns:5,weight:0.3")
    assert "  warning: nothing can be learned of horns of gnu, the same for all seen classes, and left out\n" in output
    assert "  understood    weight 0.3\n" in output
    with pytest.raises(errors.UserError, match="Received: only horns, the same for all seen classes. Add an"):
        teach("--model=plain.keras", "--name=yak", "--attributes=horns")
