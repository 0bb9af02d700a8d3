# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the check of flagfiles."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from niwt_tf import errors
from niwt_tf.cli import flagfiles

_NO_TEXTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe": (os.mkfifo, "a pipe"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "a device"),
    "a folder": (Path.mkdir, "a folder"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "a link to nothing"),
    "a large file": (lambda path: path.write_bytes(bytes(2**20 + 1)), "with 1,048,577 bytes"),
}


@pytest.mark.parametrize("kind", _NO_TEXTS)
@pytest.mark.parametrize(
    "form", ["--flagfile={}", "-flagfile={}", "--flagfile {}", "--flagfile=outer", "--flagfile outer"]
)
def test_flagfiles_must_be_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, form: str) -> None:
    monkeypatch.chdir(tmp_path)
    make, trouble = _NO_TEXTS[kind]
    make(tmp_path / "inner")
    Path("outer").write_text("# comment\n--flagfile=inner\n--seed=1\n", "utf-8")
    with pytest.raises(errors.UserError) as caught:
        flagfiles.require_texts(["niwt", *form.format("inner").split(), "--seed=2"])
    assert f"Received: inner, {trouble}." in str(caught.value)


def test_texts_and_what_does_not_exist_are_left_to_absl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").write_text("--flagfile=b\n--flagfile=none\n", "utf-8")
    Path("b").write_text("--flagfile=a\n", "utf-8")
    flagfiles.require_texts(["niwt", "--flagfile=a", "--flagfile=none", "--flagfile", "--flagfile=", "--flagfiles=b"])
