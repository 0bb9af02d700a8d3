# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of loading models of TensorFlow Hub: what it may raise is told."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from niwt_tf import errors
from niwt_tf.util import hub


@pytest.mark.parametrize(
    "error", [IndexError("list index out of range"), OSError("no such file"), ValueError("bad"), RuntimeError("worse")]
)
def test_whatever_a_damaged_model_raises_is_told(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(handle: str) -> Any:
        raise error

    monkeypatch.setitem(sys.modules, "tensorflow_hub", types.SimpleNamespace(load=load))
    with pytest.raises(errors.UserError) as caught:
        hub.load("backbone", "https://tfhub.dev/a/1")
    assert str(caught.value) == (
        "`backbone='hub:...'` must name a model that can be loaded. Received: backbone='hub:https://tfhub.dev/a/1', "
        f"which gives: {error}. Choose another model, or download it again."
    )


def _large(path: Path) -> None:
    path.touch()
    os.truncate(path, 2**29 + 1)


@pytest.mark.parametrize("name", ["saved_model.pb", "variables/variables.index"])
@pytest.mark.parametrize(
    ("put", "trouble"),
    [
        (os.mkfifo, "a pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
        (_large, "a file of more than 536,870,912 bytes"),
    ],
)
def test_a_saved_model_that_has_no_end_is_not_opened(
    name: str, put: Callable[[Path], object], trouble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_hub", types.SimpleNamespace(load=lambda path: "loaded"))
    (tmp_path / "variables").mkdir()
    assert hub.load("backbone", str(tmp_path), tmp_path) == "loaded"
    put(tmp_path / name)
    if put is _large and name.endswith(".index"):  # which is not read whole
        assert hub.load("backbone", str(tmp_path), tmp_path) == "loaded"
        return
    with pytest.raises(errors.UserError) as caught:
        hub.load("backbone", str(tmp_path), tmp_path)
    assert f"which gives: {tmp_path / name}, {trouble}. Choose another model" in str(caught.value)
