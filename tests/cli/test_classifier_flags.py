# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the flags for a Keras classifier of the user's own, for which TensorFlow never starts."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from absl import flags

from fakes import smallest
from niwt_tf import errors
from niwt_tf.cli import teach_flags

_NEEDED = ("--images=images", "--describe=classes.yaml")


@pytest.fixture(autouse=True)
def cwd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: with a file of Keras alone, a bundle, photographs and descriptions."""
    monkeypatch.chdir(tmp_path)
    for name, members in (("plain", ["config.json"]), ("bundle", ["config.json", "niwt/manifest.json"])):
        with zipfile.ZipFile(f"{name}.keras", "w") as archive:
            for member in members:
                archive.writestr(member, "{}")
    smallest.folder(tmp_path, {"ant": 2, "bee": 3})
    (tmp_path / "classes.yaml").write_text("ant: {captions: a ant}\nbee: {captions: a bee}", "utf-8")
    return tmp_path


def _read(*arguments: str) -> teach_flags.TeachRequest:
    values = flags.FlagValues()
    teach_flags.define(values, "niwt_teach")
    values(["niwt_teach", *arguments])
    return teach_flags.read(values)


def test_a_classifier_with_photographs_and_descriptions() -> None:
    request = _read("--model=plain.keras", *_NEEDED, "--name=gnu", "--captions=a gnu", "--preprocessing=tf")
    own = request.classifier
    assert own and (own.path, own.source) == (Path("plain.keras"), "classes.yaml")
    assert own.descriptions == {"ant": {"captions": ("a ant",)}, "bee": {"captions": ("a bee",)}}
    assert own.photographs.labels == (0, 0, 1, 1, 1)
    assert (own.refit_head, own.settings, request.images) == (False, {"preprocessing": "tf"}, ())
    assert request.new_file() == Path("plain+gnu.keras")


def test_no_new_class_needs_to_be_named() -> None:
    request = _read("--model=plain.keras", *_NEEDED, "--refit_head")
    assert request.new_file() == Path("plain.teachable.keras") and request.classifier and request.classifier.refit_head
    assert _read("--model=plain.keras", *_NEEDED, "--out=zoo.keras").new_file() == Path("zoo.keras")


def test_a_bundle_is_none() -> None:
    assert _read("--model=bundle.keras", "--name=gnu", "--captions=a gnu").classifier is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--model=plain.keras", "--name=gnu", "--captions=a gnu"],
            "or a Keras classifier with --images and --describe. Received: --model=plain.keras, which Keras alone "
            "saved, without --images and --describe. Add --images=DIR, with photographs of its classes in DIR/<class>/",
        ),
        (["--model=plain.keras", "--describe=classes.yaml"], "which Keras alone saved, without --images. Add"),
        (
            ["--model=bundle.keras", "--describe=classes.yaml", "--refit_head"],
            "`--describe` must be for a plain Keras classifier. Received: --describe, --refit_head with "
            "--model=bundle.keras, which knows its classes already. Leave --describe, --refit_head out.",
        ),
        (
            ["--model=plain.keras", "--images=images/ant,images/bee", "--describe=classes.yaml"],
            "must be one folder that holds <class>/ for each known class. Received: --images=images/ant,images/bee. G",
        ),
        (["--model=plain.keras", "--images=classes.yaml", "--describe=classes.yaml"], "which is no folder. Give the"),
        (["--model=plain.keras", "--images=images", "--describe=none.yaml"], "--describe=none.yaml"),
        (["--model=plain.keras", *_NEEDED, "--forget=ant"], "`--forget` must be for a class that was learned before."),
        (["--model=plain.keras", *_NEEDED, "--preprocessing=no"], "`--preprocessing` must be one of auto, caffe, tf"),
        (["--model=plain.keras", *_NEEDED, "--name=gnu"], "A new class must be described. Received: --name=gnu"),
    ],
)
def test_flags_that_do_not_fit_are_told(arguments: list[str], message: str) -> None:
    with pytest.raises(errors.UserError) as error:
        _read(*arguments)
    assert message in error.value.as_flags()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "ant: {captions: an ant}\nbeetle: {captions: a beetle}",
            "Every class must have its name in the folders of images. Received: no match for beetle. Unmatched names "
            "there: bee. Name the folders as the classes in classes.yaml.",
        ),
        ("ant: {captions: an ant}", "must describe two classes or more. Received: --describe=classes.yaml, with ant"),
        ("ant: {captions: an ant}\nbee:", "`--describe` must describe classes. Received: classes.yaml, 'bee' with"),
        ("ant: {captions: an ant}\nbee: {looks: yellow}", "`--describe` must be one of captions, attributes, document"),
    ],
)
def test_descriptions_and_folders_are_of_the_same_classes(text: str, message: str, cwd: Path) -> None:
    (cwd / "classes.yaml").write_text(text, "utf-8")
    with pytest.raises(errors.UserError) as error:
        _read("--model=plain.keras", *_NEEDED)
    assert message in error.value.as_flags()
