# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the program `niwt_explain` as its user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakes import models, programs
from niwt_tf import config as config_lib
from niwt_tf import pipeline, workdir
from niwt_tf.models import model as model_lib
from niwt_tf.util import json_files

_ROOT = Path(__file__).resolve().parents[2]
_STAGES = ("data", "knowledge", "activations", "rehearsal_backbone", "rehearsal", "backbone", "importances", "map")


def _explain(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(_ROOT / "bin" / "niwt_explain"), *map(str, arguments)]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300)


def _finish(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Returns the same, from within this process, where TensorFlow runs already."""
    return programs.finish("niwt_explain", *arguments, cwd=cwd)


def _assert_error(answer: subprocess.CompletedProcess[str], message: str) -> None:
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", f"\n{message}\n")


@pytest.fixture(scope="module")
def finished(tiny_data_config: config_lib.DataConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of seconds, as far as explanations need it."""
    config = config_lib.RunConfig(
        data=tiny_data_config,
        backbone=config_lib.BackboneConfig(epochs=2, batch_size=16),
        transfer=config_lib.TransferConfig(transfer_images=16),
        validation=config_lib.ValidationConfig(lambdas=(1e-3,), scales=(1.0,)),
    )
    folder = workdir.Workdir(tmp_path_factory.mktemp("finished"))
    pipeline.run(config, folder, [*_STAGES, "transfer", "inverse_map"])
    return folder.root


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with a grey and a coloured image."""
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (80, 100), dtype=np.uint8)).save(folder / "grey.png")
    Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(folder / "bird.jpg")
    return folder


@pytest.mark.slow
def test_each_image_gets_a_decision_a_picture_and_a_line(finished: Path, images: Path, tmp_path: Path) -> None:
    answer = _explain(f"--workdir={finished}", images, f"--out={tmp_path / 'out'}", "--top=2", cwd=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = [json.loads(line) for line in (tmp_path / "out" / "explanations.jsonl").read_text("utf-8").splitlines()]
    assert [Path(line["image"]).name for line in lines] == ["bird.jpg", "grey.png"]
    classes = json_files.read(finished / "data" / "split.json")
    for line in lines:
        assert line["prediction"] in classes["seen"] + classes["unseen"]
        assert line["unseen"] == (line["prediction"] in classes["unseen"])
        assert line["class"] == line["prediction"] != line["runner_up"]
        assert len(line["reasons"]) <= 2
        assert f"{line['image']}: {line['prediction']}" in answer.stdout
        with Image.open(tmp_path / "out" / line["picture"]) as picture:
            assert picture.width > 512


@pytest.mark.slow
def test_an_image_may_show_none_of_the_classes(finished: Path, images: Path, tmp_path: Path) -> None:
    answer = _explain(f"--workdir={finished}", images, "--out=out", "--reject=0.2", cwd=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = [json.loads(line) for line in (tmp_path / "out" / "explanations.jsonl").read_text("utf-8").splitlines()]
    assert False in {line["accepted"] for line in lines}
    for line in lines:
        none = "" if line["accepted"] else "none of these, nearest "
        assert f"{line['image']}: {none}{line['prediction']}" in answer.stdout


def test_maps_are_measured_if_metrics_are_named(finished: Path, images: Path, tmp_path: Path) -> None:
    (images / "boxes.csv").write_text("file,x1,y1,x2,y2\ngrey.png,-1,0,101,81\nbird.jpg,9,1,3,4\n", "utf-8")
    flags = ("--out=out", "--pictures=none", "--metrics=sparseness,pointing", f"--boxes={images / 'boxes.csv'}")
    answer = _finish(f"--workdir={finished}", images / "grey.png", images / "bird.jpg", *flags, cwd=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "  of 2 boxes in boxes.csv: 1 reversed or empty (bird.jpg)\n" in answer.stdout
    assert "1 cut off, because they reach beyond the image (grey.png)" in answer.stdout
    assert answer.stdout.endswith("\n\nmetrics.json is in out\n")
    record = json_files.read(tmp_path / "out" / "metrics.json")
    assert list(record["methods"]) == ["gradcam", "random"]
    assert record["images"] == 2
    assert record["methods"]["random"]["pointing"] == {"mean": 1, "standard_error": None, "images": 1}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--metrics=all"], "Images must be files, patterns such as 'dir/*.jpg', or folders that contain images."),
        (["--metrics=insertoin", "grey.png"], "Did you mean 'insertion'?"),
        (["--metrics=pointing", "grey.png"], "pointing needs the objects' boxes. Received: --metrics=pointing and no"),
        (["--metrics=", "grey.png"], "`--metrics` must name at least one. Received: none."),
        (["--boxes=boxes.csv", "grey.png"], "`--boxes` must be given with the metric pointing. Received: --boxes="),
        (["--metrics=all", "--boxes=none.csv", "grey.png"], "`--boxes` must name a file. Received: --boxes=none.csv"),
        (["--metrics=all", "--boxes=text.csv", "grey.png"], "text.csv must begin with the line file,x1,y1,x2,y2"),
        (["--metrics=all", "grey.png", "--out=run"], "`--out` must hold no metrics.json, or that of earlier"),
    ],
)
def test_metrics_that_cannot_be_measured_are_an_error_before_anything_is_written(
    finished: Path, images: Path, flags: list[str], message: str
) -> None:
    (images / "text.csv").write_text("class,horns\n", "utf-8")
    (images / "run").mkdir()
    (images / "run" / "metrics.json").write_text('{"harmonic_mean": 0.8}', "utf-8")
    answer = _finish(f"--workdir={finished}", *flags, cwd=images)
    assert answer.returncode == 1
    assert message in answer.stderr and "Traceback" not in answer.stderr
    assert [path.name for path in (images / "run").iterdir()] == ["metrics.json"]


def test_without_pictures_there_are_lines_alone(finished: Path, images: Path, tmp_path: Path) -> None:
    answer = programs.finish(
        "niwt_explain", f"--workdir={finished}", images, "--out=out", "--pictures=none", cwd=tmp_path
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.endswith("\n\nexplanations.jsonl is in out\n")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["explanations.jsonl"]


def test_any_class_can_be_explained_however_its_name_is_spelt(finished: Path, images: Path, tmp_path: Path) -> None:
    name = json_files.read(finished / "data" / "split.json")["unseen"][0]
    spelt = name.lower().replace(" ", "_")
    answer = programs.finish(
        "niwt_explain", f"--model={finished}", images / "grey.png", f"--class={spelt}", "--out=out", cwd=tmp_path
    )
    assert answer.returncode == 0, answer.stderr
    (line,) = (tmp_path / "out" / "explanations.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["class"] == name


def test_an_unreadable_image_is_an_error_and_the_others_are_explained(
    finished: Path, images: Path, tmp_path: Path
) -> None:
    (images / "broken.jpg").write_text("no image", "utf-8")
    answer = _finish(f"--workdir={finished}", images, "--out=out", cwd=tmp_path)
    assert answer.returncode == 1
    assert answer.stderr.startswith("\nEvery image must be readable. Received: 1 of 3 that are not: ")
    assert "broken.jpg" in answer.stderr and "The others are explained in out." in answer.stderr
    assert len((tmp_path / "out" / "explanations.jsonl").read_text("utf-8").splitlines()) == 2


def test_pipes_are_not_opened_and_names_need_not_be_utf8(finished: Path, images: Path, tmp_path: Path) -> None:
    os.mkfifo(images / "pipe.jpg")
    (images / "grey.png").rename(os.fsdecode(os.fsencode(images) + b"/caf\xe9"))
    answer = programs.finish(
        "niwt_explain", f"--workdir={finished}", images, str(images / "*.jpg"), "--out=out", cwd=tmp_path
    )
    assert (answer.returncode, "Traceback" in answer.stderr) == (1, False)
    assert f"1 of 3 that are not: {images / 'pipe.jpg'} (a pipe). The others are explained in out." in answer.stderr
    lines = [json.loads(line) for line in (tmp_path / "out" / "explanations.jsonl").read_text("utf-8").splitlines()]
    assert [Path(line["image"]).name for line in lines] == ["bird.jpg", r"caf\xe9"]
    assert f"{lines[1]['image']}: {lines[1]['prediction']}" in answer.stdout
    assert (tmp_path / "out" / r"caf\xe9.explained.png").is_file() and lines[1]["picture"] == r"caf\xe9.explained.png"


def test_an_unknown_class_is_an_error_that_names_the_nearest(finished: Path, images: Path, tmp_path: Path) -> None:
    name = json_files.read(finished / "data" / "split.json")["seen"][0]
    answer = _finish(f"--workdir={finished}", images, f"--class={name}x", cwd=tmp_path)
    assert answer.returncode == 1
    assert f"Did you mean '{name}'?" in answer.stderr and "Traceback" not in answer.stderr


def test_a_class_that_a_run_learned_from_words_is_taught_again_the_same(finished: Path) -> None:
    model = model_lib.load(finished)
    name = model.classifier.unseen[-1]
    values = model.knowledge.vectors[-1].tolist()
    attributes = [f"{one}:{value!r}" for one, value in zip(model.knowledge.feature_names, values, strict=True)]
    again = model.forget(name).teach(name, attributes=attributes, max_seen_loss=None)
    assert (again.class_names, again.classifier.unseen) == (model.class_names, model.classifier.unseen)
    np.testing.assert_array_equal(again.known.vectors, model.knowledge.vectors)
    new, old = again.classifier.kernel[:, -1], model.classifier.kernel[:, -1]
    assert new @ old / np.linalg.norm(new) / np.linalg.norm(old) > 0.99


def test_a_bundle_stands_in_place_of_a_run(images: Path, tmp_path: Path) -> None:
    model = models.by_attributes().teach("zebra", attributes=["coat: striped"])
    model.save(tmp_path / "zoo.keras")
    answer = _finish("--model=zoo.keras", images, "--class=zebra", cwd=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = (tmp_path / "zoo.explanations" / "explanations.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["class"] for line in lines] == ["zebra", "zebra"]
    assert {json.loads(line)["prediction"] for line in lines} <= set(model.class_names)


def test_a_workdir_without_a_stage_names_the_command_that_makes_it(
    finished: Path, images: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.json").write_text((finished / "config.json").read_text("utf-8"), "utf-8")
    (run / "knowledge").mkdir()
    answer = _explain(f"--workdir={run}", images, cwd=tmp_path)
    assert answer.returncode == 1
    assert answer.stderr.startswith(
        "\n`--workdir` must hold the stages knowledge, importances, transfer, inverse_map. Received: "
        f"--workdir={run}, without importances, transfer, inverse_map. Make what is missing: niwt "
    )
    assert "--aviary_seed=7" in answer.stderr and f"--workdir={run}\n" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["x.png"],
            "A finished run or a bundle must be named. Received none. Add --workdir=DIR or --model=FILE.keras.",
        ),
        (
            ["--model=.", "x.png"],
            "`--model` must be the folder of a run. Received: --model=., which is the folder of no run. Name one that "
            "niwt made, or make it: niwt --workdir=.",
        ),
        (
            ["--workdir=nowhere", "x.png"],
            "`--workdir` must be the folder of a run. Received: --workdir=nowhere, which does not exist. Name one that "
            "niwt made, or make it: niwt --workdir=nowhere",
        ),
        (
            ["--model=zoo.keras", "x.png"],
            "`--model` must be the folder of a run, or a .keras bundle. Received: --model=zoo.keras, which does not "
            "exist. Name a folder that niwt made, or a bundle that niwt_teach or niwt_export wrote.",
        ),
        (
            ["--model=zoo.keras", "--workdir=runs/zoo", "x.png"],
            "`--model` must be given without --workdir. Received: --model=zoo.keras and --workdir=runs/zoo. Leave one "
            "of them out.",
        ),
    ],
)
def test_mistakes_are_reported_at_once(arguments: list[str], message: str, tmp_path: Path) -> None:
    _assert_error(_explain(*arguments, cwd=tmp_path), message)


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        (["--method=gradcma", "images"], "`--method` must be one of gradcam, gradcampp, scorecam, smoothgrad."),
        (["--top=0", "images"], "`--top` must be at least 1. Received: --top=0."),
        (
            ["--reject=1", "images"],
            "`--reject` must be the share of the known classes' images that is kept, above 0 and below 1. Received: "
            "--reject=1.0. Give --reject=0.95 to keep 95 of a hundred.\n",
        ),
        (
            ["--pictures=-1", "images"],
            "`--pictures` must be all, none, or a whole number. Received: --pictures=-1. Add --pictures=100 for "
            "pictures of the first 100 images.\n",
        ),
        (["none/*.jpg"], "Images must be files, patterns such as 'dir/*.jpg', or folders that contain images."),
        ([], "Images must be files, patterns such as 'dir/*.jpg', or folders that contain images. Received: none."),
        (["--out=images/grey.png", "images"], "`--out` must be a folder that can be written."),
    ],
)
def test_mistakes_with_a_finished_run_are_reported_at_once(
    arguments: list[str], beginning: str, finished: Path, images: Path, tmp_path: Path
) -> None:
    answer = _explain(f"--workdir={finished}", *arguments, cwd=tmp_path)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith(f"\n{beginning}") and "Traceback" not in answer.stderr
