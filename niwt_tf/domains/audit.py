# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check that the descriptions of classes distinguish them.

Descriptions that make the method useless raise an error; those that are merely weak give a warning.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from niwt_tf import errors
from niwt_tf.numerics import unit_vectors

_DIGITS = 6  # decimals of unit vectors; smaller differences do not count
_LEAST_KNOWN = 0.5  # share of a class's words
_NAMED = 5  # most names listed of classes that are the same


@dataclasses.dataclass(frozen=True)
class Told:
    """The descriptions of classes, the seen ones first.

    Attributes:
      what: Kind of description, for example `captions`.
      source: Description of the source, for messages.
      remedy: Advice to the user, for messages.
      class_names: Names of the `C` classes.
      vectors: `[C,M]` vectors of the classes.
      seen: Number of seen classes.
      feature_names: Names of the `M` numbers if each should differ among classes, as attributes should; else empty.
      known_words: Share of each class's words that the encoder knows, in 0..1; empty if that has no meaning.
    """

    what: str
    source: str
    remedy: str
    class_names: Sequence[str]
    vectors: np.ndarray
    seen: int
    feature_names: Sequence[str] = ()
    known_words: Sequence[float] = ()


def check(told: Told, first: int = 0) -> list[str]:
    """Check descriptions, and return one line for each kind of doubt.

    Args:
      told: Descriptions to check.
      first: Index of the first new class, 0 for all; earlier ones are reported only as equal to a new one.

    Raises:
      errors.UserError: If a new class has a number that is not finite, or nothing but zeros that are not attributes, or
        if all seen classes have the same vector and the class at `first` is one of them.
    """
    _require_something(told, first)
    if first < told.seen:
        _require_different(told)
    doubts = [_nothing(told, first), _same(told, first), _little_known(told, first)]
    if first < told.seen:
        doubts.append(_constant(told))
    return list(filter(None, doubts))


def _require_something(told: Told, first: int) -> None:
    useless = np.asarray(~np.isfinite(told.vectors).all(1))
    if not told.feature_names:
        useless |= ~told.vectors.any(1)
    useless[:first] = False
    if useless.any():
        names = errors.listed(_where(told.class_names, useless))
        raise errors.UserError(
            f"`{told.what}` must tell something of every class, in finite numbers. Received: {told.source}, which "
            f"gives nothing but zeros, or no numbers, for {names}. {told.remedy}"
        )


def _require_different(told: Told) -> None:
    if told.seen > 1 and (told.vectors[: told.seen] == told.vectors[0]).all():
        raise errors.UserError(
            f"`{told.what}` must tell classes apart. Received: {told.source}, which tells the same of all "
            f"{told.seen} seen classes. {told.remedy}"
        )


def _nothing(told: Told, first: int) -> str:
    """Report classes that have none of the attributes: one such class can be recognized, but not two."""
    empty = np.asarray(~told.vectors.any(1))
    empty[:first] = False
    if not empty.any():
        return ""
    return f"`{told.what}` has nothing but zeros for {errors.listed(_where(told.class_names, empty))}"


def _same(told: Told, first: int) -> str:
    """Report classes with the same vector, up to its length, if at least one of them is new."""
    groups: dict[bytes, list[int]] = {}
    for index, direction in enumerate(np.round(unit_vectors.units(told.vectors.astype(np.float64)), _DIGITS) + 0.0):
        groups.setdefault(direction.tobytes(), []).append(index)
    alike = [group for group in groups.values() if len(group) > 1 and group[-1] >= first]
    if not alike:
        return ""
    same = [" = ".join(told.class_names[index] for index in group[:_NAMED]) for group in alike]
    return (
        f"`{told.what}` tells the same of classes, in proportions, which are all that counts, so that nothing can tell "
        f"them apart: {errors.listed(same)}"
    )


def _constant(told: Told) -> str:
    """Report attributes that are the same for all seen classes."""
    if not told.feature_names:
        return ""
    constant = (told.vectors[: told.seen] == told.vectors[0]).all(0)
    if not constant.any():
        return ""
    return (
        f"{constant.sum():,} of {len(constant):,} attributes are the same for all seen classes, so that nothing is "
        f"learned of them: {errors.listed(_where(told.feature_names, constant))}"
    )


def _little_known(told: Told, first: int) -> str:
    """Report the unseen classes most of whose words are unknown."""
    little = [
        f"{name} ({share:.0%} known)"
        for index, (name, share) in enumerate(zip(told.class_names, told.known_words, strict=False))
        if index >= max(first, told.seen) and share < _LEAST_KNOWN
    ]
    if not little:
        return ""
    return f"most words of `{told.what}` are in no text of the seen classes for {errors.listed(little)}"


def _where(names: Iterable[str], chosen: np.ndarray) -> list[str]:
    return [name for name, one in zip(names, chosen, strict=True) if one]
