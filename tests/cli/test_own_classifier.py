# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of `niwt_teach` with a Keras classifier of the user's own, from its file to a class that a bundle learns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from absl import flags

from fakes import smallest
from niwt_tf import errors
from niwt_tf.cli import niwt_teach, teach_flags
from niwt_tf.models import model as model_lib

_NAMES = smallest.NAMES[:6]
_ARGUMENTS = ("--model=squares.keras", "--images=images", "--describe=classes.yaml")
_GNU = ("--name=gnu", "--attributes=reddish,greenish,bluish")
_Teach = Callable[..., str]
pytestmark = pytest.mark.slow


@pytest.fixture
def cwd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: with a classifier that Keras saved, photographs and descriptions of its classes."""
    monkeypatch.chdir(tmp_path)
    smallest.folder(tmp_path, dict.fromkeys(_NAMES, 8))
    (tmp_path / "images" / "ant" / "broken.jpg").write_text("no image", "utf-8")
    _describe(_NAMES)
    smallest.nearest_colour(_NAMES).save("squares.keras")
    return tmp_path


def _describe(names: tuple[str, ...]) -> None:
    lines = (f"{name}: {{attributes: {smallest.attributes(name)}}}\n" for name in names)
    Path("classes.yaml").write_text("".join(lines), "utf-8")


@pytest.fixture
def teach(cwd: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> _Teach:
    """Runs the program here, without a process of its own, and returns what it prints."""

    def called(*arguments: str) -> str:
        values = flags.FlagValues()
        teach_flags.define(values, "niwt_teach")
        values(["niwt_teach", *arguments])
        monkeypatch.setattr(flags, "FLAGS", values)
        niwt_teach.main([])
        return capsys.readouterr().out

    return called


def test_a_classifier_learns_a_class_and_the_bundle_another(teach: _Teach) -> None:
    output = teach(*_ARGUMENTS, *_GNU)
    text = " ".join(output.split())
    assert (
        "known images 48 photographs of 6 classes, 8 of each head your own, unchanged: balanced accuracy 100.0% of "
        "the 48 photographs, which may be ones it was trained on; a new one would have 100.0% on left-out photographs"
        in text
    )
    assert "  unreadable    images/ant/broken.jpg (" in output and "  48 images     " in output
    assert "The loss is estimated on them" not in text, "the model was fitted to these photographs"
    assert output.endswith("\n  written       squares+gnu.keras\n")
    bundle = model_lib.load("squares+gnu.keras")
    assert bundle.class_names == (*_NAMES, "gnu")
    images = np.stack([np.array(smallest.picture(name, 50)) for name in smallest.NAMES])
    assert bundle.predict(images).classes == smallest.NAMES
    own = keras.saving.load_model("squares.keras").predict(images[:6], verbose=0)
    assert bundle.predict(images[:6]).scores[:, :6].argmax(1).tolist() == own.argmax(1).tolist()
    teach("--model=squares+gnu.keras", "--name=hen", "--attributes=reddish:50%,greenish:50%", "--force")
    assert model_lib.load("squares+gnu+hen.keras").class_names == (*_NAMES, "gnu", "hen")


def test_a_bundle_comes_out_without_a_new_class(teach: _Teach) -> None:
    output = " ".join(teach(*_ARGUMENTS, "--refit_head").split())
    assert "head fitted anew: balanced accuracy 100.0% on left-out photographs; your own head 100.0% of" in output
    assert output.endswith("written squares.teachable.keras")
    assert model_lib.load("squares.teachable.keras").class_names == _NAMES


def _fewer() -> None:
    _describe(_NAMES[:5])


def _reversed() -> None:
    _describe(_NAMES[::-1])


def _unalike() -> None:
    with Path("classes.yaml").open("a", encoding="utf-8") as file:
        file.write("gnu: {captions: a grey square}\n")
    smallest.folder(Path(), {"gnu": 2})


def _one_output() -> None:
    inputs = keras.Input((smallest.SIZE, smallest.SIZE, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(3, 1)(inputs))
    keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(pooled)).save("squares.keras")


def _one_photograph() -> None:
    for number in range(1, 8):
        Path(f"images/bee/{number}.png").write_text("no image", "utf-8")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            _fewer,
            "`--model` must have one output for each described class, in their order. Received: --model=squares.keras, "
            "which has 6 outputs, and descriptions of 5 classes: ant, bee, cat, dog, eel. Describe the class of each "
            "output. Give --refit_head to fit a new head to the photographs if they are others.",
        ),
        (
            _reversed,
            "`--model` must have its outputs in the order in which the classes are described. Received: 100% of the "
            "photographs of fox get the output of ant, and so for 6 classes. The photographs suggest the order ant, "
            "bee, cat, dog, eel, fox.",
        ),
        (
            _unalike,
            "`--describe` must describe every class, in the same way. Received: classes.yaml, with attributes of 6 "
            "classes, but not of gnu. Write attributes of every class, or of none.",
        ),
        (_one_output, "Received: --model=squares.keras, which "),
        (
            _one_photograph,
            "`--images` must have two photographs or more of each class, which can be read. Received: 1 of bee. Add "
            "photographs; a few dozen of each are good.",
        ),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(
    spoil: Callable[[], None], message: str, teach: _Teach, cwd: Path
) -> None:
    spoil()
    before = sorted(cwd.rglob("*"))
    with pytest.raises(errors.UserError) as error:
        teach(*_ARGUMENTS, *_GNU)
    assert message in error.value.as_flags()
    assert sorted(cwd.rglob("*")) == before


def test_a_new_class_is_checked_before_the_photographs_are_read(teach: _Teach, cwd: Path) -> None:
    with pytest.raises(errors.UserError, match="Received: attributes='redish'. Did you mean 'reddish'"):
        teach(*_ARGUMENTS, "--name=gnu", "--attributes=redish")
    with pytest.raises(errors.UserError, match="in the domains of the model: attributes. Received: captions for 'gnu'"):
        teach(*_ARGUMENTS, "--name=gnu", "--captions=a grey square")
