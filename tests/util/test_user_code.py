# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of code of the user's own: run once, where it is named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from niwt_tf import errors
from niwt_tf.util import user_code


def test_a_file_runs_once(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    code = tmp_path / "mine.py"
    code.write_text(f"with open({str(log)!r}, 'a') as file:\n    file.write('x')\n", "utf-8")
    for _ in range(2):
        user_code.run(str(code))
    assert log.read_text("utf-8") == "x"


def test_a_module_is_found_by_name_and_nothing_is_nothing() -> None:
    user_code.run("json.tool")
    user_code.run("")


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        (None, "ImportError: .*/broken.py, no such file"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_code_that_does_not_run_is_an_error(tmp_path: Path, text: str | None, trouble: str) -> None:
    code = tmp_path / "broken.py"
    if text:
        code.write_text(text, "utf-8")
    with pytest.raises(errors.UserError, match=f"`import_module` must name a module .*{trouble}.* Fix it"):
        user_code.run(str(code))
    with pytest.raises(errors.UserError, match="ModuleNotFoundError: No module named 'none_such'"):
        user_code.run("none_such")


def _large(path: Path) -> None:
    path.touch()
    os.truncate(path, 2**24 + 1)


@pytest.mark.parametrize(
    ("put", "trouble"),
    [
        (os.mkfifo, "mine.py, a pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "/dev/zero, a device"),
        (_large, "mine.py, a file of more than 16,777,216 bytes"),
    ],
)
def test_code_that_has_no_end_is_not_opened(put: Callable[[Path], object], trouble: str, tmp_path: Path) -> None:
    put(tmp_path / "mine.py")
    with pytest.raises(errors.UserError, match=f"import_module='.*mine.py' .ImportError: .*{trouble}.. Fix it"):
        user_code.run(str(tmp_path / "mine.py"))


def test_a_module_on_the_path_is_bounded_as_a_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _large(tmp_path / "niwt_large_module.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(errors.UserError, match="a file of more than 16,777,216 bytes"):
        user_code.run("niwt_large_module")
