# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read YAML as texts, lists and dicts; scalars stay as they are written: `no`, `101` and `2026-11-25` are texts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from niwt_tf import errors
from niwt_tf.data.files import text_files

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same in C, if PyYAML was built with it
_MOST_LETTERS = 2**22
_DEEPEST = 64  # lists and dicts within each other


def read(path: Path) -> Any:
    """Read the texts, lists and dicts of a file; None if it is empty.

    Raises:
      errors.UserError: If it is not UTF-8 or not YAML, or has a repeated key or an alias.
      OSError: If it cannot be read.
    """
    content = text_files.text(path)
    if len(content) > _MOST_LETTERS:
        raise _wrong(path, f"with {len(content):,} letters", f"Use files of at most {_MOST_LETTERS:,}.")
    try:
        return _document(path, yaml.parse(content, _LOADER))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        trouble = getattr(error, "problem", None) or errors.first_line(error)
        raise _wrong(path, f"{line}{trouble}", 'Correct it; put "quotes" around a text that has a colon.') from None


def _document(path: Path, events: Iterator[yaml.Event]) -> Any:
    """Read the only document of a file from its events; None if it has none."""
    value = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if value is not None:
                raise _wrong(path, f"{_line(event)}: another document", "Keep one of them.")
            value = _value(path, next(events), events)
    return value


def _value(path: Path, event: yaml.Event, events: Iterator[yaml.Event], level: int = 1) -> Any:
    """Read the text, list or dict that begins with an event; PyYAML itself would keep only the last of equal keys."""
    if level > _DEEPEST:
        raise _wrong(path, f"{_line(event)}: lists nested too deeply", "Use fewer levels.")
    if isinstance(event, yaml.AliasEvent):  # aliases can expand hugely
        raise _wrong(path, f"{_line(event)}: an alias (*name)", "Write out its text.")
    if isinstance(event, yaml.SequenceStartEvent):
        items = itertools.takewhile(lambda one: not isinstance(one, yaml.SequenceEndEvent), events)
        return [_value(path, item, events, level + 1) for item in items]
    if not isinstance(event, yaml.MappingStartEvent):
        return str(event.value).strip()
    values: dict[str, Any] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        name = _value(path, key, events, level + 1)
        if not isinstance(name, str) or not name:
            raise _wrong(path, f"{_line(key)}: a key that is not a text", "Write a text before the colon.")
        if name in values:
            raise _wrong(path, f"{_line(key)}: {errors.clipped(repr(name))} for the second time", "Keep one of them.")
        values[name] = _value(path, next(events), events, level + 1)
    return values


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}"


def _wrong(path: Path, trouble: str, remedy: str) -> errors.UserError:
    return errors.UserError(f"The file must be YAML. Received: {path}, {trouble}. {remedy}")
