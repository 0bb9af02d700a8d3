# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
r"""Make text from elsewhere safe to show: names of classes, attributes and files, descriptions, messages.

Such text may hold what a terminal obeys, what reorders or hides letters, or the syntax of the format that it is put
into. It is cleaned where it is shown, never where it is kept, because names are keys. What cannot be seen is shown as
its number, such as `\x1b`; letters, emoji and combining marks of every script stay.
"""

from __future__ import annotations

import json
import shlex
from typing import Any

import regex

LONGEST_NAME = 80  # letters
# Control characters, invisible characters of every kind, halves of surrogate pairs, and what XML forbids.
_UNSEEN = r"[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]"
# Some of them belong to a letter or to an emoji, and change how it looks: joiners, variation selectors, and tags, which
# spell the region of a flag.
_BELONGS = (
    r"(?<=[\p{L}\p{M}--\p{Latin}\p{Inherited}\p{Default_Ignorable_Code_Point}]|[\p{Extended_Pictographic}\ufe0f\U0001f3fb-\U0001f3ff])"
    r"[\u200c\u200d]"
    r"|(?<=\p{Emoji})[\ufe0e\ufe0f]"
    r"|(?<=[\p{Han}\p{Mongolian}\p{Myanmar}\p{Phags_Pa}])[\ufe00-\ufe0f\u180b-\u180d\u180f\U000e0100-\U000e01ef]"
    r"|(?<=\U0001f3f4[\U000e0020-\U000e007e]*)[\U000e0020-\U000e007f]"
)
_HIDDEN = regex.compile(f"(?!{_BELONGS}){_UNSEEN}", regex.VERSION1)
_HIDDEN_IN_LINES = regex.compile(rf"(?!{_BELONGS}|[\n\t]){_UNSEEN}", regex.VERSION1)
_MARKDOWN = regex.compile(r"[\\`*_{}\[\]#<>&|~$]|^[-+]|(?<=^\d+)[.)](?=\s|$)")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;", "~": "&#126;", "$": "&#36;"}
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # what spreadsheets run; the last four are wide


def visible(text: str) -> str:
    r"""Show what cannot be seen as its number, also ends of lines and tabs."""
    return _HIDDEN.sub(number, text)


def lines(text: str) -> str:
    """Clean a text of several lines, which stay, for a terminal."""
    return _HIDDEN_IN_LINES.sub(number, text)


def line(text: str) -> str:
    """Clean a text, and join it to one line without blanks at its ends."""
    return visible(" ".join(text.split()))


def name(text: str, longest: int = LONGEST_NAME) -> str:
    """Clean a name as `line` does, and cut it to at most `longest` letters."""
    cleaned = line(text)
    return cleaned if len(cleaned) <= longest else f"{cleaned[: longest - 1]}…"


def markdown(text: str) -> str:
    """Clean a text for one line of Markdown, which then shows it literally."""
    return _MARKDOWN.sub(lambda match: _ENTITIES.get(match[0], f"\\{match[0]}"), line(text))


def code(text: str) -> str:
    """Clean a text, and format it as code within a line of Markdown."""
    longest = max(map(len, regex.findall("`+", text)), default=0)
    fence, blank = "`" * (longest + 1), " " * (longest > 0)
    return f"{fence}{blank}{visible(text)}{blank}{fence}"


def cell(text: str) -> str:
    """Clean a text for a cell of CSV or TSV: an apostrophe before a formula keeps spreadsheets from running it."""
    cleaned = line(text)
    return f"'{cleaned}" if cleaned.startswith(_FORMULA) else cleaned


def json_line(value: Any) -> str:
    """Format a value as one line of JSON in which letters stay, and what cannot be seen is escaped, so none is lost."""
    return _HIDDEN.sub(lambda match: json.dumps(match[0])[1:-1], json.dumps(value, ensure_ascii=False))


def shell(words: list[str]) -> str:
    """Join words to a command for a shell, such that it can be shown and still means the same."""
    return " ".join(_shell_word(word) for word in words)


def _shell_word(word: str) -> str:
    if visible(word) == word:
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{_HIDDEN.sub(_bytes, escaped)}'"


def _bytes(match: regex.Match[str]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in match[0].encode("utf-8", "surrogateescape"))


def number(match: regex.Match[str]) -> str:
    r"""Format a matched character as its number, such as `\x1b`; a byte of a name that is not UTF-8 as that byte."""
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file's name that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
