# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the files that explanations of a user's images write: only files of an earlier call are replaced."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakes import holding, models
from niwt_tf import errors
from niwt_tf.explain import explain_images
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


def test_the_second_waits_for_another_that_explains_into_the_folder(
    model: model_lib.Model, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding.another_process(locks.within(image.parent)) as process:
        lines = holding.end_when_waited_for(monkeypatch, process)
        assert _explain(model, image) == ["bird.explained.png"]
    assert lines[0].endswith(f", which writes the explanations in {image.parent}")
    assert not list(image.parent.glob(".*"))


def test_what_a_killed_call_left_is_replaced(model: model_lib.Model, image: Path) -> None:
    for name in (".bird.explained.png.part", f".{explain_images.LINES}.part", ".lock"):
        image.with_name(name).touch()
    assert _explain(model, image) == ["bird.explained.png"]
    assert not list(image.parent.glob(".*"))
