# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of code of the user's own: run once, where it is named."""

from __future__ import annotations

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
    ("text", "trouble"), [(None, "FileNotFoundError"), ("1 / 0", "ZeroDivisionError: division by zero")]
)
def test_code_that_does_not_run_is_an_error(tmp_path: Path, text: str | None, trouble: str) -> None:
    code = tmp_path / "broken.py"
    if text:
        code.write_text(text, "utf-8")
    with pytest.raises(errors.UserError, match=f"`import_module` must name a module .*{trouble}.* Fix it"):
        user_code.run(str(code))
    with pytest.raises(errors.UserError, match="ModuleNotFoundError: No module named 'none_such'"):
        user_code.run("none_such")
