# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests that the baseline of docs/extend.md is one: registered as the page says, it recognises unseen classes."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import pytest

from fakes import linear_world
from niwt_tf.baselines import registry

_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extend.md").read_text("utf-8")


def test_the_baseline_recognises_unseen_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", _PAGE, re.MULTILINE | re.DOTALL)
    ridge = types.ModuleType("ridge")
    monkeypatch.setitem(sys.modules, "ridge", ridge)
    exec(compile(code, "docs/extend.md", "exec"), vars(ridge))
    monkeypatch.setitem(registry.METHODS, "ridge", ridge)
    test = linear_world.make().unseen
    scores = registry.fit("ridge", linear_world.problem(), ridge.CANDIDATES[1])(test.features)
    predicted = scores[:, linear_world.SEEN :].argmax(1) + linear_world.SEEN
    assert (predicted == test.labels).mean() > 0.6  # chance is 0.2


def test_names_that_the_page_tells_to_change_are_there() -> None:
    root = Path(__file__).resolve().parents[2] / "niwt_tf"
    named = {
        "baselines/registry.py": ("METHODS", "_DOMAINS"),
        "domains/texts.py": ("load_pretrained",),
        "data/named_files.py": ("encoder_path",),
        "data/registry.py": ("_LOADERS",),
        "data/benchmarks/download_sites.py": ("SITES",),
        "domains/encoders.py": ("Encoder", "TfidfEncoder"),
    }
    for path, names in named.items():
        assert f"niwt_tf/{path}" in _PAGE
        assert [name for name in names if name not in (root / path).read_text("utf-8") or name not in _PAGE] == []
