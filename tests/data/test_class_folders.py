# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of images of known classes in folders with the names of the classes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fakes import smallest
from niwt_tf import errors
from niwt_tf.data import class_folders


def test_folders_are_matched_with_names_and_others_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = smallest.folder(tmp_path, {"ant": 2, "bee": 1, "gnu": 3}, images__notes_txt="no image") / "images"
    (root / "bee").rename(root / "Bee_")
    found = class_folders.find(str(root), ("bee", "ant"), "classes.yaml")
    assert [file.relative_to(root).as_posix() for file in found.files] == ["Bee_/0.png", "ant/0.png", "ant/1.png"]
    assert found.labels == (0, 1, 1)
    assert capsys.readouterr().out.splitlines() == [
        f"  left out 1 of the files and links in {root}: notes.txt (not an image)",
        f"  left out of {root}, since classes.yaml has no such class: gnu/ (3)",
    ]


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        (
            "nowhere",
            "`images` must be one folder that holds <class>/ for each known class. Received: images='nowhere', ",
        ),
        ("images/ant", "Received: images='images/ant', with 2 images, none of them in a folder of a class. Put the"),
        (
            "images",
            "Every class must have its name in the folders of images. Received: no match for ants. Did you mean 'ant' ",
        ),
    ],
)
def test_mistakes_are_told(folder: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smallest.folder(tmp_path, {"ant": 2, "bee": 1})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.UserError, match=re.escape(message)):
        class_folders.find(folder, ("ants", "bee"), "classes.yaml")
