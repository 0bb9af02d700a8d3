# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of YAML as it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from niwt_tf import errors
from niwt_tf.data.files import plain_yaml


def _file(folder: Path, content: str) -> Path:
    path = folder / "classes.yaml"
    path.write_text(content, "utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", None),
        ("# nothing", None),
        (
            "a: no\nyes: 010\nb: 2026-11-25\nc: null\nd:",
            {"a": "no", "yes": "010", "b": "2026-11-25", "c": "null", "d": ""},
        ),
        ("a: [1, {b: 2.50}]", {"a": ["1", {"b": "2.50"}]}),
        ("a: >\n  folded\n  text\n", {"a": "folded text"}),
        ("a: !!python/object/apply:os.system ['false']", {"a": ["false"]}),
        ("\ufeffa: é熊", {"a": "é熊"}),
    ],
)
def test_all_is_text_lists_and_dicts(content: str, expected: Any, tmp_path: Path) -> None:
    assert plain_yaml.read(_file(tmp_path, content)) == expected


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        ("a: b: c", "line 1: mapping values are not allowed in this context. Correct it; put"),
        ("a:\n\tb: c", "line 2: found character that cannot start any token. Correct it;"),
        ("a: 1\n---\nb: 2", "line 2: another document. Keep one of them."),
        ("a: [1", "line 2: did not find expected ',' or ']'. Correct it;"),
        ("a: \x07", "unacceptable character #x0007: control characters are not allowed. Correct it;"),
        ("a: 1\nb: 2\na: 3", "line 3: 'a' for the second time. Keep one of them."),
        (
            f"{'x' * 900}: 1\n{'x' * 900}: 2",
            f"line 2: '{'x' * 97}...{'x' * 98}' for the second time. Keep one of them.",
        ),
        ("a: {b: 1, b: 2}", "line 1: 'b' for the second time. Keep one of them."),
        ("[1]: 2", "line 1: a key that is not a text. Write a text before the colon."),
        ("'': 2", "line 1: a key that is not a text. Write a text before the colon."),
        ("a: &a [1]\nb: *a", "line 2: an alias (*name). Write out its text."),
        ("a: " + "x" * 2**22, "with 4,194,307 letters. Use files of at most 4,194,304."),
        ("[" * 100, "line 1: lists nested too deeply. Use fewer levels."),
    ],
)
def test_mistakes_name_the_line(content: str, trouble: str, tmp_path: Path) -> None:
    path = _file(tmp_path, content)
    with pytest.raises(errors.UserError) as caught:
        plain_yaml.read(path)
    assert str(caught.value).startswith(f"The file must be YAML. Received: {path}, {trouble}")
