# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the operating system says of the machine."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from niwt_tf.util import machine


@pytest.mark.parametrize(
    ("kind", "chosen", "expected"),
    [("x86_64", None, "1"), ("AMD64", None, "1"), ("x86_64", "0", "0"), ("arm64", None, None), ("aarch64", "1", "1")],
)
def test_onednn_is_taken_on_x86_unless_the_user_has_chosen(
    kind: str, chosen: str | None, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: kind)
    monkeypatch.delenv(machine.ONEDNN, raising=False)
    if chosen is not None:
        monkeypatch.setenv(machine.ONEDNN, chosen)
    machine.prefer_onednn()
    assert os.environ.get(machine.ONEDNN) == expected
    monkeypatch.delenv(machine.ONEDNN, raising=False)


def test_cores_are_those_that_this_process_may_use() -> None:
    assert 1 <= machine.cores() <= (os.cpu_count() or 1)


def test_a_file_that_is_not_there_reads_as_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("a\n", "utf-8")
    assert (machine.read(tmp_path / "there"), machine.read(tmp_path / "none")) == ("a\n", "")
