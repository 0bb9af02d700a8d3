# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Attributes of a new class as a user writes them: `stripes`, `crown color: red`, `furry:40.5`, `furry:80%`.

A number is in the unit of the table that the model learned from; `80%` lies that far between the least and the most
that a seen class has. Without a number the class has the attribute as those seen classes have it that have more of it
than usual. What is not listed is unknown, and becomes the mean over the seen classes, with two exceptions. Of values
that exclude one another, such as the colours of a crown, one that is listed rules out the others. And of any other
attribute that is 0 or 1, what is not listed is 0.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

from niwt_tf import errors

_GROUP = re.compile(r"(.+?)\s*(?:::|=|:)\s*.+")


def parse(items: Sequence[str], names: Sequence[str], seen: np.ndarray) -> dict[int, float]:
    """Returns attribute -> value of what is listed.

    Args:
      items: what is listed; an attribute may be named however its words are joined.
      names: of the `M` attributes.
      seen: the values of the seen classes, `[C,M]`.

    Raises:
      errors.UserError: if there is no such attribute or number, or items contradict one another.
    """
    listed: dict[int, float] = {}
    for item in items:
        index, written = _split(item, names)
        value = _usual(seen[:, index]) if written is None else _number(item, written, seen, index)
        if listed.setdefault(index, value) != value:
            raise errors.UserError(
                f"`--attributes` must give each attribute one value. Received: {item!r}, after {names[index]} was "
                f"{listed[index]:g}. Keep one of them."
            )
    for group in exclusive(names, seen):
        _require_one({index: listed[index] for index in group if index in listed}, names)
    return listed


def fill(listed: Mapping[int, float], names: Sequence[str], seen: np.ndarray) -> np.ndarray:
    """Returns the values `[M]` float32 of a class of which some attributes are listed; see `parse`."""
    values = np.where(_is_binary(seen), 0, seen.mean(0))
    for group in exclusive(names, seen):
        values[group] = 0 if any(listed.get(index) for index in group) else seen[:, group].mean(0)
    values[list(listed)] = list(listed.values())
    return values.astype(np.float32)


def exclusive(names: Sequence[str], seen: np.ndarray) -> list[list[int]]:
    """Returns the groups of attributes that exclude one another: of each, every seen class has just one.

    Args:
      names: of the `M` attributes; those of a group begin alike, such as `crown=red` and `crown=blue`.
      seen: the values of the seen classes, `[C,M]`.
    """
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        match = _GROUP.fullmatch(name)
        if match:
            groups.setdefault(match[1], []).append(index)
    binary = _is_binary(seen)
    return [group for group in groups.values() if binary[group].all() and (seen[:, group].sum(1) == 1).all()]


def _is_binary(seen: np.ndarray) -> np.ndarray:
    """Returns which attributes `[M]` bool are 0 or 1."""
    return ((seen == 0) | (seen == 1)).all(0)


def _split(item: str, names: Sequence[str]) -> tuple[int, str | None]:
    """Returns the index of the attribute that an item names, and its number as written, if there is one."""
    name, colon, written = item.rpartition(":")
    whole = _index(item, names)
    if whole is not None:
        return whole, None
    index = _index(name, names) if colon else None
    if index is None:
        raise errors.unknown_value("--attributes", item.strip(), names, errors.listed(names))
    return index, written.strip()


def _index(name: str, names: Sequence[str]) -> int | None:
    forms = [_form(one) for one in names]
    return forms.index(_form(name)) if _form(name) in forms else None


def _form(name: str) -> str:
    """Returns a name as its words alone, `has_bill_shape::hooked` as `bill_shape_hooked`."""
    return re.sub(r"(?:[^\w%]|_)+", "_", name.casefold()).strip("_").removeprefix("has_")


def _usual(values: np.ndarray) -> float:
    """Returns what an attribute is where it is more than usual among the seen classes."""
    more = values > values.mean()
    return float(values[more].mean()) if more.any() else float(values.max())


def _number(item: str, written: str, seen: np.ndarray, index: int) -> float:
    """Returns the number of an item, in the table's unit."""
    of_attribute = seen[:, index]
    share = written.endswith("%")
    try:
        number = float(written.removesuffix("%"))
    except ValueError:
        number = math.nan
    if share:
        least, most = float(of_attribute.min()), float(of_attribute.max())
        number = least + number / 100 * (most - least)
    least, most = _limits(seen, index)
    if not least <= number <= most:
        raise errors.UserError(
            f"`--attributes` must have numbers in the table's unit, here {least:g} to {most:g}, or shares such as 80%. "
            f"Received: {item!r}. Among the seen classes it goes from {of_attribute.min():g} to "
            f"{of_attribute.max():g}."
        )
    return number


def _limits(seen: np.ndarray, index: int) -> tuple[float, float]:
    """Returns 0 and 1 for what is either, else the range of all attributes, as wide again on both sides."""
    if _is_binary(seen)[index]:
        return 0.0, 1.0
    least, most = float(seen.min()), float(seen.max())
    return 2 * least - most, 2 * most - least


def _require_one(told: dict[int, float], names: Sequence[str]) -> None:
    if sum(told.values()) > 1:
        listed = " and ".join(names[index] for index, value in told.items() if value)
        raise errors.UserError(
            f"`--attributes` must not contradict one another. Received: {listed}, of which every seen class has just "
            "one. Keep one of them, or give each a share, such as 50%."
        )
