# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Errors that a user can correct: each message states the rule, the received value, and the remedy.

A message names settings by `setting`. Python shows them as arguments, `layer='conv4'`; the programs show them as flags,
`--layer=conv4`; and the API shows its own argument where it takes a setting under another name.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

# A setting within a message: its name, and its value as a flag shows it and as Python does. Unicode gives these
# characters no meaning, and none of them is left in a name or a value.
_START, _NEXT, _END = "\ue000", "\ue001", "\ue002"
_SETTING = re.compile(f"{_START}([^{_NEXT}]*){_NEXT}([^{_NEXT}]*){_NEXT}([^{_END}]*){_END}")
_ONE_LINE = str.maketrans({"\n": "\\n", "\r": "\\r"})
_MARKS = _ONE_LINE | str.maketrans("", "", _START + _NEXT + _END)
_NO_VALUE = object()
_MOST_QUOTED = 200  # characters of a received value
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_Error = TypeVar("_Error", bound="UserError")


class UserError(ValueError):
    """A mistake of the user, explained in one message; the programs print it without a traceback.

    Attributes:
      text: Message in which settings are not rendered yet, to be used within another message.
    """

    def __init__(self, text: str = "") -> None:
        self.text = _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
        super().__init__(self.text)

    def __str__(self) -> str:
        """Render the message for Python, with settings as arguments."""
        return _SETTING.sub(lambda match: f"{match[1]}={match[3]}" if match[3] else match[1], self.text)

    def as_flags(self) -> str:
        """Render the message for the command line, with settings as flags."""
        return _SETTING.sub(lambda match: _flag(*match.groups()), self.text)

    def renamed(self: _Error, names: Mapping[str, str]) -> _Error:
        """Copy the error, with other names for settings.

        Args:
          names: Argument of the caller for each setting that it takes under another name.
        """
        return self._replace(lambda match: _marked(names.get(match[1], match[1]), match[2], match[3]))

    def with_value(self: _Error, name: str, value: str) -> _Error:
        """Copy the error, with another text for the value of a setting wherever the message gives it one."""
        return self._replace(lambda match: _marked(name, value, value) if match[1] == name and match[3] else match[0])

    def _replace(self: _Error, replace: Callable[[re.Match[str]], str]) -> _Error:
        copy = type(self)(_SETTING.sub(replace, self.text))
        copy.__cause__ = self.__cause__
        return copy


class DamagedError(UserError):
    """A file that niwt_tf wrote, and that no longer is as it was written.

    Attributes:
      path: Path of the file.
      trouble: Fault of the file, worded to follow "which".
    """

    path: Path = Path()
    trouble: str = ""


class DivergedError(UserError):
    """A loss or another computed number that is not finite."""


def setting(name: str, value: Any = _NO_VALUE) -> str:
    """Name a setting within the message of a `UserError`, which renders it for whoever reads it.

    Args:
      name: Name of the setting, such as `layer`.
      value: Value of the setting; left out if the message gives none.
    """
    if value is _NO_VALUE:
        return _marked(name, "", "")
    plain = os.fspath(value) if isinstance(value, os.PathLike) else value
    return _marked(name, clipped(_as_flag_value(plain)), clipped(repr(plain)))


def clipped(text: str, most: int = _MOST_QUOTED) -> str:
    """Shorten a received text to `most` characters, its middle replaced by `...`; a shorter one stays as it is."""
    if len(text) <= most:
        return text
    head = (most - 3) // 2
    return f"{text[:head]}...{text[len(text) - (most - 3 - head) :]}"


def damaged(path: Path, trouble: str, remedy: str = "Make it anew, or copy it again.") -> DamagedError:
    """Build the error for a file that niwt_tf wrote, and that no longer is as it was written.

    Args:
      path: Path of the file.
      trouble: Fault of the file, worded to follow "which".
      remedy: Advice for the user, one sentence.
    """
    error = DamagedError(f"A file must be as niwt wrote it. Received: {path}, which {trouble}. {remedy}")
    error.path, error.trouble = path, trouble
    return error


def unknown_value(name: str, value: str, valid: Iterable[str], words: str = "") -> UserError:
    """Build the error for a value that is not among the valid ones; it suggests the nearest valid one.

    Args:
      name: Name of the setting, such as `layer`.
      value: Received value.
      valid: All valid values.
      words: Description of the valid values; a list of `valid` by default.
    """
    options = list(valid)
    nearest = difflib.get_close_matches(value, options, n=1, cutoff=0.4)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return UserError(
        f"`{setting(name)}` must be one of {words or ', '.join(options)}. Received: {setting(name, value)}.{hint}"
    )


def listed(names: Iterable[str], most: int = 10) -> str:
    """Join names with commas: the first `most`, then the number of the others. Each is one line, cut if it is long."""
    all_names = [name.translate(_ONE_LINE) for name in names]
    more = f" and {len(all_names) - most:,} more" if len(all_names) > most else ""
    return ", ".join(map(clipped, all_names[:most])) + more


def first_line(error: BaseException) -> str:
    """Extract the first line of an error's message, without a full stop, to be used within another message."""
    text = error.text if isinstance(error, UserError) else str(error)
    line = (text.strip() or type(error).__name__).splitlines()[0]
    return (line if isinstance(error, UserError) else clipped(line)).rstrip(".")


def _marked(name: str, flag_value: str, python_value: str) -> str:
    parts = (text.translate(_MARKS) for text in (name, flag_value, python_value))
    return f"{_START}{_NEXT.join(parts)}{_END}"


def _as_flag_value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(str(item) for item in value)
    return str(value)


def _flag(name: str, value: str, python_value: str) -> str:
    if python_value in ("True", "False"):
        return f"--{name}" if python_value == "True" else f"--no{name}"
    return f"--{name}={value}" if python_value else f"--{name}"
