# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of reading text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from niwt_tf import errors
from niwt_tf.data.files import text_files


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "classes.txt"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"ant\nbee\n", ["ant", "bee"]),
        (b"ant\r\nbee", ["ant", "bee"]),
        (b"ant\rbee\r", ["ant", "bee"]),
        (b"\xef\xbb\xbfant\nbee", ["ant", "bee"]),
        (b"\xef\xbb\xbf\r\n  ant \t\r\n\r\n \r\n\tpolar bear\r\n", ["ant", "polar bear"]),
        ("élan\n熊".encode(), ["élan", "熊"]),
        (b"", []),
        (b"\xef\xbb\xbf", []),
    ],
)
def test_lines_by_hand(tmp_path: Path, content: bytes, expected: list[str]) -> None:
    assert text_files.lines(_file(tmp_path, content)) == expected


def test_text_is_all_but_the_byte_order_mark(tmp_path: Path) -> None:
    content = " white\r\n\n élan \ufeff"
    assert text_files.text(_file(tmp_path, b"\xef\xbb\xbf" + content.encode())) == content


@pytest.mark.parametrize("read", [text_files.text, text_files.lines])
@pytest.mark.parametrize(
    ("content", "byte", "line"),
    [
        ("élan".encode("latin1"), "e9", 1),
        (b"ant\nbee\n\xff", "ff", 3),
        (b"\xef\xbb\xbfant\r\n\r\nb\xe4r\r\n", "e4", 3),
        (b"ant\n\xe7\x86", "e7", 2),
    ],
)
def test_text_that_is_not_utf8_is_reported_with_its_line(
    tmp_path: Path, read: Callable[[Path], object], content: bytes, byte: str, line: int
) -> None:
    path = _file(tmp_path, content)
    with pytest.raises(errors.UserError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"Text must be UTF-8. Received: {path} with the byte 0x{byte} in line {line}. It")
    assert message.endswith("in UTF-8.") or message.endswith("save it as UTF-8.")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_what_spreadsheet_programs_write_is_read(tmp_path: Path, encoding: str) -> None:
    assert text_files.lines(_file(tmp_path, "class\tred\r\n\u00e9lan\t1\r\n".encode(encoding))) == [
        "class\tred",
        "\u00e9lan\t1",
    ]


@pytest.mark.parametrize(
    ("encoding", "content", "encoding_guess"),
    [
        ("cp1251", "Большая птица с красным хохолком и длинным хвостом сидит на ветке.\n" * 3, "cp1251"),
        ("shift_jis", "赤い冠と長い尾を持つ大きな鳥が枝に止まっています。\n" * 3, "cp932"),
        ("gb18030", "一只有红色羽冠和长尾巴的大鸟停在树枝上。\n" * 3, "gb"),
    ],
)
def test_the_encoding_is_guessed(tmp_path: Path, encoding: str, content: str, encoding_guess: str) -> None:
    with pytest.raises(errors.UserError, match=f"Its encoding may be {encoding_guess}.*save it as UTF-8"):
        text_files.text(_file(tmp_path, content.encode(encoding)))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04\xff\xfe", "a workbook"),
        (b"%PDF-1.7\xff", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1", "an old Office file"),
        (b"ant\0bee and all that follows", "no text"),
    ],
)
def test_files_that_are_not_text_are_reported(tmp_path: Path, content: bytes, kind: str) -> None:
    with pytest.raises(errors.UserError, match=f"It appears to be {kind}.*Save it as text in UTF-8"):
        text_files.text(_file(tmp_path, content))


def test_a_text_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(errors.UserError) as caught:
        text_files.lines(path)
    assert str(caught.value) == (
        f"A file of this kind must have at most 67,108,864 bytes. Received: {path}, with 1,099,511,627,776 bytes. Name "
        "another."
    )


def test_the_folder_of_a_user_who_does_not_exist_is_told() -> None:
    with pytest.raises(errors.UserError, match="`classes` must name a file.* which does not exist"):
        text_files.require_file("~nobody-here/x", "classes")


def test_a_file_that_a_setting_names_must_exist(tmp_path: Path) -> None:
    path = _file(tmp_path, b"ant")
    assert text_files.require_file(str(path), "classes") == path
    for name, trouble in (("none.txt", "does not exist"), (".", "is not a file")):
        with pytest.raises(errors.UserError) as caught:
            text_files.require_file(f"{tmp_path}/{name}", "classes")
        assert str(caught.value) == (
            f"`classes` must name a file. Received: classes='{tmp_path}/{name}', which {trouble}. Name an existing "
            "file."
        )
