# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of loading models of TensorFlow Hub: what it may raise is told."""

from __future__ import annotations

import sys
import types
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
