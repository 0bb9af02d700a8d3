# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Whether what is told of classes tells them apart: what says nothing is an error, and what says little a warning."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from niwt_tf import errors
from niwt_tf.numerics import unit_vectors

_DIGITS = 6  # of vectors of length 1: what differs less is the same
_LEAST_KNOWN = 0.5  # of a class's words
_NAMED = 5  # of classes that are the same


@dataclasses.dataclass(frozen=True)
class Told:
    """What is told of classes, the seen ones first.

    Attributes:
      what: the kind, such as `captions`.
      source: where it comes from, in words.
      remedy: what the user can do about it.
      class_names: `C` names.
      vectors: `[C,M]`.
      seen: how many classes are seen.
      feature_names: of the `M` numbers where each should differ among classes, such as attributes; else none.
      known_words: of each class, the share 0..1 of its words that the encoder knows; none where that means nothing.
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
    """Return what is doubtful, in words, a line each.

    Args:
      told: what is told.
      first: the first class that is new; of those before it nothing is said.

    Raises:
      errors.UserError: if a class has no finite numbers, or nothing but zeros where these are no attributes, or all
        seen classes are told the same.
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
    """Return which classes have none of the attributes: the method can tell one such class from others, not two."""
    empty = np.asarray(~told.vectors.any(1))
    empty[:first] = False
    if not empty.any():
        return ""
    return f"`{told.what}` has nothing but zeros for {errors.listed(_where(told.class_names, empty))}"


def _same(told: Told, first: int) -> str:
    """Return which classes are told the same, of which one is new; only proportions of their numbers count."""
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
    """Return which attributes are the same for all seen classes."""
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
    """Return of which classes that are unseen most words are unknown."""
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
