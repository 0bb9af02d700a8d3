# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Whether what is told of classes tells them apart: what says nothing is an error, and what says little a warning."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from niwt_tf import errors

_DIGITS = 6  # behind the point, where the largest number is 1: what differs less is the same
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
      errors.UserError: if a class has nothing but zeros, or no finite numbers, or all seen classes are told the same.
    """
    _require_finite(told, first)
    rows = _rounded(told.vectors)
    if first < told.seen:
        _require_different(told, rows)
    doubts = [_same(told, rows, first), _little_known(told, first)]
    if first < told.seen:
        doubts.append(_constant(told))
    return list(filter(None, doubts))


def _require_finite(told: Told, first: int) -> None:
    useless = ~told.vectors.any(1) | ~np.isfinite(told.vectors).all(1)
    useless[:first] = False
    if useless.any():
        names = errors.listed(_where(told.class_names, useless))
        raise errors.UserError(
            f"`{told.what}` must tell something of every class, in finite numbers. Received: {told.source}, which "
            f"gives nothing but zeros, or no numbers, for {names}. {told.remedy}"
        )


def _require_different(told: Told, rows: np.ndarray) -> None:
    if told.seen > 1 and (rows[: told.seen] == rows[0]).all():
        raise errors.UserError(
            f"`{told.what}` must tell classes apart. Received: {told.source}, which tells the same of all "
            f"{told.seen} seen classes. {told.remedy}"
        )


def _same(told: Told, rows: np.ndarray, first: int) -> str:
    """Return which classes are told the same, of which one is new."""
    groups: dict[bytes, list[int]] = {}
    for index, row in enumerate(rows):
        groups.setdefault(row.tobytes(), []).append(index)
    alike = [group for group in groups.values() if len(group) > 1 and group[-1] >= first]
    if not alike:
        return ""
    same = [" = ".join(told.class_names[index] for index in group[:_NAMED]) for group in alike]
    return f"`{told.what}` tells the same of classes, which nothing can tell apart then: {errors.listed(same)}"


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


def _rounded(vectors: np.ndarray) -> np.ndarray:
    """Return vectors in the unit of their largest number, as far as they differ."""
    return np.round(vectors.astype(np.float64) / np.abs(vectors).max(), _DIGITS) + 0.0


def _where(names: Iterable[str], chosen: np.ndarray) -> list[str]:
    return [name for name, one in zip(names, chosen, strict=True) if one]
