# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Parse the attributes of a new class as a user writes them: `stripes`, `crown color: red`, `furry:40.5`, `furry:80%`.

A number is in the unit of the table that the model learned from. `80%` lies at that share of the way from the lowest to
the highest value of the seen classes. An attribute without a number gets the mean over the seen classes that have more
of it than the average. An attribute that is not listed is unknown, and gets the mean over the seen classes, with two
exceptions. First, some attributes exclude one another, such as the colours of a crown: if one of them is listed above
0, the others become 0. Second, any other attribute that is 0 or 1 becomes 0 if it is not listed.

Nothing can be learned of an attribute that is the same for all seen classes: it keeps that value, whatever is listed.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

from niwt_tf import errors

_GROUP = re.compile(r"(.+?)\s*(?:::|=|:)\s*.+")


def parse(items: Sequence[str], names: Sequence[str], seen: np.ndarray) -> dict[int, float]:
    """Parse listed attributes into a mapping from the attribute's index to its value.

    Args:
      items: Attributes as the user writes them; the words of a name may be joined in any way.
      names: Names of the `M` attributes.
      seen: Values of the seen classes, `[C,M]`.

    Raises:
      errors.UserError: If there is no such attribute or number, or items contradict one another.
    """
    values: dict[int, float] = {}
    constant = is_constant(seen)
    for item in items:
        index, number = _split(item, names)
        if constant[index] and (number is None or math.isfinite(_parsed(number))):
            value = float(seen[0, index])
        else:
            value = _typical_value(seen[:, index]) if number is None else _number(item, number, seen, index)
        if values.setdefault(index, value) != value:
            raise errors.UserError(
                f"`{errors.setting('attributes')}` must give each attribute one value. Received: "
                f"{errors.clipped(item)!r}, but an "
                f"earlier item gives {names[index]} the value {values[index]:g}. Keep one of them."
            )
    for group in exclusive_groups(names, seen):
        _require_one({index: values[index] for index in group if index in values}, names)
    return values


def impute(listed_values: Mapping[int, float], names: Sequence[str], seen: np.ndarray) -> np.ndarray:
    """Impute the attributes that are not listed, by the module's rules, and return all values, `[M]` float32."""
    values = np.where(_is_binary(seen), 0, seen.mean(0))
    for group in exclusive_groups(names, seen):
        values[group] = 0 if any(listed_values.get(index) for index in group) else seen[:, group].mean(0)
    values[list(listed_values)] = list(listed_values.values())
    return values.astype(np.float32)


def exclusive_groups(names: Sequence[str], seen: np.ndarray) -> list[list[int]]:
    """Group the attributes that exclude one another: every seen class has exactly one attribute of each group.

    Args:
      names: Names of the `M` attributes; those of a group begin alike, such as `crown=red` and `crown=blue`.
      seen: Values of the seen classes, `[C,M]`.
    """
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        match = _GROUP.fullmatch(name)
        if match:
            groups.setdefault(match[1], []).append(index)
    binary = _is_binary(seen)
    return [group for group in groups.values() if binary[group].all() and (seen[:, group].sum(1) == 1).all()]


def is_constant(seen: np.ndarray) -> np.ndarray:
    """Check which attributes are the same for all seen classes, of which there are several, `[M]` bool."""
    return (seen == seen[:1]).all(0) & (len(seen) > 1)


def _is_binary(seen: np.ndarray) -> np.ndarray:
    """Check which attributes are only 0 or 1 for all seen classes, `[M]` bool."""
    return ((seen == 0) | (seen == 1)).all(0)


def _split(item: str, names: Sequence[str]) -> tuple[int, str | None]:
    """Split an item into the index of its attribute and the text of its number; None if it has no number."""
    name, colon, number = item.rpartition(":")
    whole = _index(item, names)
    if whole is not None:
        return whole, None
    index = _index(name, names) if colon else None
    if index is None:
        raise errors.unknown_value("attributes", item.strip(), names, errors.listed(names))
    return index, number.strip()


def _index(name: str, names: Sequence[str]) -> int | None:
    forms = [normalize(one) for one in names]
    return forms.index(normalize(name)) if normalize(name) in forms else None


@functools.lru_cache(1 << 16)
def normalize(name: str) -> str:
    """Reduce a name to its words: `has_bill_shape::hooked` becomes `bill_shape_hooked`."""
    return re.sub(r"(?:[^\w%]|_)+", "_", name.casefold()).strip("_").removeprefix("has_")


def _typical_value(values: np.ndarray) -> float:
    """Average the values that are above the mean of all seen classes; the highest value if none is above."""
    more = values > values.mean()
    return float(values[more].mean()) if more.any() else float(values.max())


def _number(item: str, text: str, seen: np.ndarray, index: int) -> float:
    """Convert the number of an item to the table's unit, and check that it is within the limits."""
    column = seen[:, index]
    number = _parsed(text)
    if text.endswith("%"):
        lowest, highest = float(column.min()), float(column.max())
        number = lowest + number / 100 * (highest - lowest)
    lowest, highest = _limits(seen, index)
    if not lowest <= number <= highest:
        raise errors.UserError(
            f"`{errors.setting('attributes')}` must have numbers in the table's unit, here {lowest:g} to {highest:g}, "
            f"or percentages such as 80%. Received: {errors.clipped(item)!r}. Values of the "
            f"seen classes range from {column.min():g} to {column.max():g}."
        )
    return number


def _parsed(text: str) -> float:
    """Read a number, or the number of a percentage; NaN if there is none."""
    try:
        return float(text.removesuffix("%"))
    except ValueError:
        return math.nan


def _limits(seen: np.ndarray, index: int) -> tuple[float, float]:
    """Compute the lowest and highest allowed value.

    They are 0 and 1 for a binary attribute, else the range of the whole table, extended by its width on both sides.
    """
    if _is_binary(seen)[index]:
        return 0.0, 1.0
    lowest, highest = float(seen.min()), float(seen.max())
    return 2 * lowest - highest, 2 * highest - lowest


def _require_one(values: dict[int, float], names: Sequence[str]) -> None:
    """Check that the listed values of attributes that exclude one another add up to at most 1."""
    if sum(values.values()) > 1:
        positive = " and ".join(names[index] for index, value in values.items() if value)
        raise errors.UserError(
            f"`{errors.setting('attributes')}` must not contradict one another. Received: {positive}, of which every "
            "seen class has exactly one. Keep one of them, or give each a share, such as 50%."
        )
