# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Declare what JSON files of niwt_tf hold, and read them by these declarations."""

from __future__ import annotations

import dataclasses
import math
import reprlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from niwt_tf import errors
from niwt_tf.util import array_files, array_schemas, json_files, paths
from niwt_tf.util.array_schemas import ROUNDING


class Kind(Protocol):
    """What a value of a JSON file must be."""

    def trouble(self, name: str, value: Any) -> str:
        """Explain why a value is something else, worded to follow "which"; empty if it is right."""


@dataclasses.dataclass(frozen=True)
class Number:
    """A finite number within limits.

    Attributes:
      minimum: Smallest number, but for rounding.
      maximum: Largest number, but for rounding.
      is_whole: True if it must be whole.
    """

    minimum: float = -math.inf
    maximum: float = math.inf
    is_whole: bool = False

    def trouble(self, name: str, value: Any) -> str:
        """See `Kind`."""
        is_number = isinstance(value, int if self.is_whole else int | float) and not isinstance(value, bool)
        if (
            is_number
            and self.minimum - ROUNDING <= value <= self.maximum + ROUNDING
            and abs(value) <= sys.float_info.max
        ):
            return ""
        kind = "a whole number" if self.is_whole else "a number"
        return _wrong(name, f"{kind}{array_schemas.limits(self.minimum, self.maximum)}", value)


@dataclasses.dataclass(frozen=True)
class Text:
    """A text that UTF-8 can hold.

    Attributes:
      choices: Valid texts; empty for any.
    """

    choices: tuple[str, ...] = ()

    def trouble(self, name: str, value: Any) -> str:
        """See `Kind`."""
        if isinstance(value, str) and paths.is_text(value) and (not self.choices or value in self.choices):
            return ""
        return _wrong(name, f"one of {', '.join(self.choices)}" if self.choices else "a text", value)


@dataclasses.dataclass(frozen=True)
class Flag:
    """True or false."""

    def trouble(self, name: str, value: Any) -> str:
        """See `Kind`."""
        return "" if isinstance(value, bool) else _wrong(name, "true or false", value)


@dataclasses.dataclass(frozen=True)
class Nullable:
    """A value, or null.

    Attributes:
      kind: What the value must be.
    """

    kind: Kind

    def trouble(self, name: str, value: Any) -> str:
        """See `Kind`."""
        return "" if value is None else self.kind.trouble(name, value)


@dataclasses.dataclass(frozen=True)
class Either:
    """A value of one of two kinds.

    Attributes:
      first: One kind.
      second: The other, of which a message about something else speaks.
    """

    first: Kind
    second: Kind

    def trouble(self, name: str, value: Any) -> str:
        """See `Kind`."""
        return self.first.trouble(name, value) and self.second.trouble(name, value)


@dataclasses.dataclass(frozen=True)
class List:
    """A list.

    Attributes:
      item: What each item must be.
      least: Smallest number of items.
      is_unique: True if no item may occur twice.
    """

    item: Kind
    least: int = 0
    is_unique: bool = False

    def trouble(self, name: str, value: Any) -> str:
        """See `Kind`."""
        if not isinstance(value, list):
            return _wrong(name, "a list", value)
        if len(value) < self.least:
            return _wrong(name, f"a list of {self.least} or more", value)
        items = (self.item.trouble(f"{name}[{index}]", item) for index, item in enumerate(value))
        if wrong := next(filter(None, items), ""):
            return wrong
        return _wrong(name, "a list without repetition", value) if self.is_unique and _has_twice(value) else ""


@dataclasses.dataclass(frozen=True)
class Pair:
    """A list of two values.

    Attributes:
      first: What the first must be.
      second: What the second must be.
    """

    first: Kind
    second: Kind

    def trouble(self, name: str, value: Any) -> str:
        """See `Kind`."""
        if not isinstance(value, list) or len(value) != 2:
            return _wrong(name, "a pair", value)
        return self.first.trouble(f"{name}[0]", value[0]) or self.second.trouble(f"{name}[1]", value[1])


@dataclasses.dataclass(frozen=True)
class Record:
    """An object with values by name; other names than those are left alone.

    Attributes:
      required: Name -> what the value must be.
      optional: The same for values that may be missing.
      since: Names of optional values -> the first format of bundles that holds them, see `of_format`.
    """

    required: Mapping[str, Kind] = dataclasses.field(default_factory=dict)
    optional: Mapping[str, Kind] = dataclasses.field(default_factory=dict)
    since: Mapping[str, int] = dataclasses.field(default_factory=dict)

    def of_format(self, bundle_format: float) -> Record:
        """Declare what an object of a bundle of a format is: values that the format holds are required."""
        held = {name: self.optional[name] for name, first in self.since.items() if first <= bundle_format}
        return dataclasses.replace(self, required={**self.required, **held})

    def trouble(self, name: str, value: Any) -> str:
        """See `Kind`."""
        if not isinstance(value, dict):
            return _wrong(name, "an object", value)
        if missing := sorted(self.required.keys() - value.keys()):
            return f"has no {errors.listed(f'{name}.{one}' if name else one for one in missing)}"
        kinds = {**self.optional, **self.required}
        checked = (kinds[one].trouble(f"{name}.{one}" if name else one, value[one]) for one in kinds.keys() & value)
        return next(filter(None, sorted(checked)), "")


@dataclasses.dataclass(frozen=True)
class Map:
    """An object with values of one kind, whatever their names.

    Attributes:
      value: What each value must be.
    """

    value: Kind

    def trouble(self, name: str, value: Any) -> str:
        """See `Kind`."""
        return Record(dict.fromkeys(value, self.value) if isinstance(value, dict) else {}).trouble(name, value)


def read(path: Path, kind: Kind) -> Any:
    """Read a JSON file.

    Raises:
      errors.DamagedError: If the file is missing or damaged, or holds something else.
      OSError: If it cannot be read.
    """
    size = array_files.require(path).stat().st_size
    if size > json_files.MOST_BYTES:
        raise errors.damaged(path, f"has {size:,} bytes, more than {json_files.MOST_BYTES:,}")
    try:
        value = json_files.parse(path.read_bytes())
    except ValueError as error:
        raise errors.damaged(path, f"is not complete JSON: {errors.first_line(error)}") from None
    if trouble := kind.trouble("", value):
        raise errors.damaged(path, trouble)
    return value


def _wrong(name: str, rule: str, value: Any) -> str:
    return f"has {name or 'a content'} that must be {rule}, and is {errors.clipped(reprlib.repr(value))}"


def _has_twice(values: Sequence[Any]) -> bool:
    return len({repr(value) for value in values}) < len(values)
