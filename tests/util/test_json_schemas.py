# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of declared JSON files, and of what is no JSON of ours."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from niwt_tf import errors
from niwt_tf.util import json_files, json_schemas
from niwt_tf.util.json_schemas import Either, Flag, Kind, List, Map, Nullable, Number, Pair, Record, Text

_RECORD = Record({"gamma": Number()}, {"names": List(Text(), 1, is_unique=True)})


def _read(path: Path, content: Any, kind: Kind = _RECORD) -> Any:
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return json_schemas.read(path, kind)


@pytest.mark.parametrize("value", [{"gamma": 1}, {"gamma": -2.5, "names": ["a", "b"], "more": [None]}])
def test_a_declared_file_is_read(value: Any, tmp_path: Path) -> None:
    assert _read(tmp_path / "x.json", value) == value


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        ([], "has a content that must be an object, and is []"),
        ({}, "has no gamma"),
        ({"gamma": "1"}, "has gamma that must be a number, and is '1'"),
        ({"gamma": True}, "has gamma that must be a number, and is True"),
        ({"gamma": None}, "has gamma that must be a number, and is None"),
        ({"gamma": 10**400}, "has gamma that must be a number, and is 1000"),
        ({"gamma": 1, "names": {"a": 1}}, "has names that must be a list, and is {'a': 1}"),
        ({"gamma": 1, "names": []}, "has names that must be a list of 1 or more, and is []"),
        ({"gamma": 1, "names": ["a", 2]}, "has names[1] that must be a text, and is 2"),
        ({"gamma": 1, "names": ["a", "a"]}, "has names that must be a list without repetition, and is ['a', 'a']"),
        ({"gamma": 1, "names": ["\ud800"]}, "has names[0] that must be a text, and is '\\ud800'"),
        ('{"gamma": NaN}', "is not complete JSON: it holds NaN"),
        ('{"gamma": 1', "is not complete JSON: Expecting ',' delimiter"),
        ("", "is not complete JSON: Expecting value"),
        ("[" * 100_000, "is not complete JSON: "),
        ("[" * 65 + "]" * 65, "is not complete JSON: it is nested deeper than 64 levels"),
        ("9" * 5000, "is not complete JSON: Exceeds the limit"),
    ],
)
def test_what_is_not_as_declared_is_told(content: Any, trouble: str, tmp_path: Path) -> None:
    with pytest.raises(errors.DamagedError, match=re.escape(f"x.json, which {trouble}")):
        _read(tmp_path / "x.json", content)


@pytest.mark.parametrize(
    ("kind", "right", "wrong", "rule"),
    [
        (Number(0, 1), 1 + 1e-9, 1.1, "a number from 0 to 1"),
        (Number(0, is_whole=True), 3, 3.0, "a whole number of at least 0"),
        (Text(("a", "b")), "b", "c", "one of a, b"),
        (Flag(), False, 0, "true or false"),
        (Nullable(Number()), None, "x", "a number"),
        (Pair(Text(), Number()), ["a", 1], ["a"], "a pair"),
        (Either(Number(), Text()), 1, True, "a text"),
        (Either(Number(), Text()), "a", None, "a text"),
        (Map(Number()), {"a": 1}, [1], "an object"),
    ],
)
def test_each_kind_has_its_rule(kind: Kind, right: Any, wrong: Any, rule: str, tmp_path: Path) -> None:
    assert _read(tmp_path / "x.json", json.dumps(right), kind) == right
    with pytest.raises(errors.DamagedError, match=re.escape(f"has a content that must be {rule}, and is {wrong!r}. ")):
        _read(tmp_path / "x.json", json.dumps(wrong), kind)


def test_each_value_of_a_map_is_checked(tmp_path: Path) -> None:
    with pytest.raises(errors.DamagedError, match=re.escape("has b that must be a number, and is 'x'")):
        _read(tmp_path / "x.json", {"a": 1, "b": "x"}, Map(Number()))


def test_a_long_value_is_quoted_in_part(tmp_path: Path) -> None:
    with pytest.raises(errors.DamagedError) as caught:
        _read(tmp_path / "x.json", {"gamma": "x" * 100_000})
    assert len(caught.value.trouble) < 250


def test_what_is_no_file_is_neither_opened_nor_read_whole(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(2**36)
    troubles = {"pipe": "is a pipe", "zero": "is a device", "none": "does not exist"}
    troubles["large"] = "has 68,719,476,736 bytes, more than 67,108,864"
    for name, trouble in troubles.items():
        with pytest.raises(errors.DamagedError, match=f"{name}, which {trouble}"):
            json_schemas.read(tmp_path / name, Number())
        assert json_files.read(tmp_path / name) is None
