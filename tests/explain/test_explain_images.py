# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the files that explanations of a user's images write: only files of an earlier call are replaced."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fakes import holding, models
from niwt_tf import errors
from niwt_tf.data import user_images
from niwt_tf.explain import explain_images, explainer, textual
from niwt_tf.models import model as model_lib
from niwt_tf.util import locks


@pytest.fixture(scope="module")
def model() -> model_lib.Model:
    return models.by_attributes()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return _save(tmp_path / "bird.png", 0)


def _save(path: Path, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(path)
    return path


def _explain(model: model_lib.Model, *paths: Path) -> list[str]:
    """Explain images into the folder of the first, and return the names of the pictures."""
    out = paths[0].parent
    explain_images.explain(model.explained_model, paths, out)
    lines = (out / explain_images.LINES).read_text("utf-8").splitlines()
    return [json.loads(line)["picture"] for line in lines]


def test_an_image_of_the_user_with_the_name_of_a_picture_stays(model: model_lib.Model, image: Path) -> None:
    theirs = _save(image.with_name("bird.explained.png"), 1)
    content = theirs.read_bytes()
    assert _explain(model, image) == ["bird-2.explained.png"]
    assert theirs.read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"no image", None], ids=["empty", "text", "folder"])
def test_any_other_file_with_the_name_of_a_picture_stays(
    model: model_lib.Model, image: Path, content: bytes | None
) -> None:
    path = image.with_name("bird.explained.png")
    path.mkdir() if content is None else path.write_bytes(content)
    assert _explain(model, image) == ["bird-2.explained.png"]
    assert path.is_dir() if content is None else path.read_bytes() == content


def test_pictures_and_lines_of_an_earlier_call_are_replaced(model: model_lib.Model, image: Path) -> None:
    assert _explain(model, image) == _explain(model, image) == ["bird.explained.png"]
    assert len(list(image.parent.iterdir())) == 3


def test_images_of_one_name_get_a_picture_each(model: model_lib.Model, image: Path) -> None:
    (image.parent / "more").mkdir()
    other = _save(image.parent / "more" / "BIRD.jpg", 1)
    assert _explain(model, image, other) == ["bird.explained.png", "BIRD-2.explained.png"]


@pytest.mark.parametrize("content", ["a list\n", "3\n", '{"name": "bird"}\n'])
def test_lines_of_another_program_are_an_error_and_stay(model: model_lib.Model, image: Path, content: str) -> None:
    path = image.with_name(explain_images.LINES)
    path.write_text(content, "utf-8")
    with pytest.raises(errors.UserError, match="where explanations.jsonl is another file. Choose another folder.$"):
        _explain(model, image)
    assert path.read_text("utf-8") == content and len(list(image.parent.iterdir())) == 2


def test_a_line_has_the_reasons_of_the_class_of_the_image_and_its_neurons(
    model: model_lib.Model, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _explain(model, image)
    record = json.loads((image.parent / explain_images.LINES).read_text("utf-8"))
    pixels = user_images.read(image, model.image_size)
    explanations = model.explain(pixels[None])
    (own,), (of_class,) = model.image_reasons(explanations), model.reasons(explanations)

    def readable(reasons: tuple[textual.Reason, ...]) -> list[list[Any]]:
        return [[textual.readable(name), round(score, 4)] for name, score in reasons]

    assert record["image_reasons"] == {"for": readable(own.support), "against": readable(own.opposition)}
    assert record["reasons"] == readable(of_class)
    ((index, name, value), *_) = record["neurons"]
    assert index == explanations.contributions.argmax() and name == model.neuron_names[index]
    assert value == pytest.approx(explanations.contributions.max(), abs=1e-4)
    printed = capsys.readouterr().out
    assert f"{textual.title(record['class'])} in general: " in printed and "  in this image, for it: " in printed


def test_the_second_waits_for_another_that_explains_into_the_folder(
    model: model_lib.Model, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding.another_process(locks.within(image.parent)) as process:
        lines = holding.end_when_waited_for(monkeypatch, process)
        assert _explain(model, image) == ["bird.explained.png"]
    assert lines[0].endswith(f", which writes the explanations in {image.parent}")
    assert not list(image.parent.glob(".*"))


def test_what_a_killed_call_left_is_replaced(model: model_lib.Model, image: Path) -> None:
    for name in (".bird.explained.png.part", ".lock"):
        image.with_name(name).touch()
    assert _explain(model, image) == ["bird.explained.png"]
    assert not list(image.parent.glob(".*"))


def _names(out: Path) -> set[str]:
    return {path.name for path in out.iterdir()}


@pytest.mark.parametrize(("pictures", "drawn"), [(None, 3), (0, 0), (2, 2), (9, 3)])
def test_pictures_are_drawn_of_the_first_images(
    pictures: int | None, drawn: int, model: model_lib.Model, image: Path
) -> None:
    paths = [image, *(_save(image.with_name(f"{name}.png"), 1) for name in "ab")]
    explain_images.explain(model.explained_model, paths, image.parent, pictures=pictures)
    lines = [json.loads(line) for line in (image.parent / explain_images.LINES).read_text("utf-8").splitlines()]
    names = [f"{path.stem}.explained.png" for path in paths[:drawn]]
    assert [line["picture"] for line in lines] == names + [None] * (3 - drawn)
    assert _names(image.parent) == {path.name for path in paths} | {*names, explain_images.LINES}


def test_of_many_images_the_first_are_printed_and_all_counted(
    model: model_lib.Model, image: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(explain_images, "_MOST_PRINTED", 2)
    paths = [_save(image.with_name(f"{index}.png"), index) for index in range(5)]
    explain_images.explain(model.explained_model, paths[:2], image.parent)
    assert "images:" not in capsys.readouterr().out
    explain_images.explain(model.explained_model, paths, image.parent)
    printed = capsys.readouterr().out
    assert [f"{path}: " in printed for path in paths] == [True, True, False, False, False]
    lines = [json.loads(line) for line in (image.parent / explain_images.LINES).read_text("utf-8").splitlines()]
    counts = Counter(line["prediction"] for line in lines).most_common()
    assert len(lines) == 5
    assert printed.endswith(
        f"... and 3 more\n\n5 images: {', '.join(f'{count} {textual.readable(name)}' for name, count in counts)}\n"
    )


def test_an_interrupted_call_keeps_its_lines_under_another_name(
    model: model_lib.Model, image: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _explain(model, image)
    paths = [image, *(_save(image.with_name(f"{name}.png"), 1) for name in "ab")]
    draw, drawn = explain_images._draw, []

    def interrupted(*arguments: Any) -> Image.Image:
        drawn.append(arguments)
        if len(drawn) == 3:
            raise KeyboardInterrupt
        return draw(*arguments)

    monkeypatch.setattr(explain_images, "_draw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        explain_images.explain(model.explained_model, paths, image.parent)
    partial = image.with_name(explain_images.PARTIAL)
    assert not image.with_name(explain_images.LINES).exists()  # its pictures are gone
    assert [json.loads(line)["image"] for line in partial.read_text("utf-8").splitlines()] == list(map(str, paths[:2]))
    assert capsys.readouterr().out.endswith(f"  the images explained so far are in {partial}\n")
    monkeypatch.undo()
    explain_images.explain(model.explained_model, paths, image.parent)
    assert not partial.exists() and len(image.with_name(explain_images.LINES).read_text("utf-8").splitlines()) == 3


def test_lines_are_there_as_they_are_written(
    model: model_lib.Model, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial, seen = image.with_name(explain_images.PARTIAL), []
    monkeypatch.setattr(explain_images, "_summary", lambda record: seen.append(partial.read_text("utf-8")) or "")
    explain_images.explain(model.explained_model, [image], image.parent)
    assert [text.count("\n") for text in seen] == [1]


def test_a_call_that_fails_before_the_first_image_leaves_nothing(
    model: model_lib.Model, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*arguments: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(explainer.Explainer, "__call__", failing)
    with pytest.raises(MemoryError):
        explain_images.explain(model.explained_model, [image], image.parent)
    assert _names(image.parent) == {"bird.png"}


def test_names_of_many_pictures_are_chosen_without_trying_all(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    monkeypatch.setattr(explain_images, "_is_free", lambda path: tried.append(path.name) or True)
    names = explain_images._PictureNames(image.parent)
    chosen = [names.choose(Path(f"{index}/{stem}.png")) for index in range(500) for stem in ("a", "A", "a-2")]
    assert len({name.lower() for name in chosen}) == len(tried) == 1500
