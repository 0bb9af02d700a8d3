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
_NEARLY_1 = 0.999  # cosine of vectors that may be equal but for rounding, in float32, too
_LEAST_KNOWN = 0.5  # share of a class's words
_MOST_LISTED = 5  # names of classes that have the same description


@dataclasses.dataclass(frozen=True)
class ClassDescriptions:
    """The descriptions of classes, the seen ones first.

    Attributes:
      kind: Kind of description, for example `captions`.
      source: Description of the source, for messages.
      remedy: Advice to the user, for messages.
      class_names: Names of the `C` classes.
      vectors: `[C,M]` vectors of the classes.
      seen: Number of seen classes.
      feature_names: Names of the `M` numbers if each should differ among classes, as attributes should; else empty.
      known_words: Share of each class's words that the encoder knows, in 0..1; empty if that has no meaning.
    """

    kind: str
    source: str
    remedy: str
    class_names: Sequence[str]
    vectors: np.ndarray
    seen: int
    feature_names: Sequence[str] = ()
    known_words: Sequence[float] = ()


def check(descriptions: ClassDescriptions, first: int = 0) -> list[str]:
    """Check descriptions, and return one warning for each kind of weakness.

    Args:
      descriptions: Descriptions to check.
      first: Index of the first new class, 0 for all; earlier ones are reported only as equal to a new one.

    Raises:
      errors.UserError: If a new class has a number that is not finite, or nothing but zeros that are not attributes, or
        if all seen classes have the same vector and the class at `first` is one of them.
    """
    _require_described(descriptions, first)
    if first < descriptions.seen:
        _require_different(descriptions)
    warnings = [_warn_zeros(descriptions, first), _warn_equal(descriptions, first), _warn_unknown(descriptions, first)]
    if first < descriptions.seen:
        warnings.append(_warn_constant(descriptions))
    return list(filter(None, warnings))


def _require_described(descriptions: ClassDescriptions, first: int) -> None:
    vectors = descriptions.vectors[first:]
    useless = np.asarray(~np.isfinite(vectors).all(1))
    if not descriptions.feature_names:
        useless |= ~vectors.any(1)
    if useless.any():
        names = errors.listed(_select(descriptions.class_names[first:], useless))
        raise errors.UserError(
            f"`{descriptions.kind}` must describe every class by finite numbers that are not all zero. Received: "
            f"{descriptions.source}, with only zeros, or NaN or infinity, for {names}. {descriptions.remedy}"
        )


def _require_different(descriptions: ClassDescriptions) -> None:
    seen = descriptions.vectors[: descriptions.seen]
    if len(seen) > 1 and (seen == seen[0]).all():
        raise errors.UserError(
            f"`{descriptions.kind}` must distinguish classes. Received: {descriptions.source}, with the same "
            f"description for all {descriptions.seen} seen classes. {descriptions.remedy}"
        )


def _warn_zeros(descriptions: ClassDescriptions, first: int) -> str:
    """Report classes that have none of the attributes: one such class can be recognized, but not two."""
    empty = np.asarray(~descriptions.vectors[first:].any(1))
    if not empty.any():
        return ""
    return f"`{descriptions.kind}` has only zeros for {errors.listed(_select(descriptions.class_names[first:], empty))}"


def _warn_equal(descriptions: ClassDescriptions, first: int) -> str:
    """Report classes with the same vector, up to its length, if at least one of them is new."""
    groups: dict[bytes, list[int]] = {}
    indices = _like_new(descriptions.vectors, first)
    directions = np.round(unit_vectors.units(descriptions.vectors[indices].astype(np.float64)), _DIGITS) + 0.0
    for index, direction in zip(indices.tolist(), directions, strict=True):
        groups.setdefault(direction.tobytes(), []).append(index)
    equal = [group for group in groups.values() if len(group) > 1 and group[-1] >= first]
    if not equal:
        return ""
    names = [" = ".join(descriptions.class_names[index] for index in group[:_MOST_LISTED]) for group in equal]
    return (
        f"`{descriptions.kind}` describes some classes by the same numbers, or by multiples of them, so that they "
        f"cannot be distinguished: {errors.listed(names)}"
    )


def _like_new(vectors: np.ndarray, first: int) -> np.ndarray:
    """Choose the classes from `first` on, and those before whose vectors may have the direction of one of them."""
    lengths = np.linalg.norm(vectors, axis=1)
    products = vectors[:first] @ vectors[first:].T
    near = products >= _NEARLY_1 * lengths[:first, None] * lengths[first:]
    return np.flatnonzero(np.concatenate([near.any(1), np.ones(len(vectors) - first, bool)]))


def _warn_constant(descriptions: ClassDescriptions) -> str:
    """Report attributes that are the same for all seen classes."""
    if not descriptions.feature_names:
        return ""
    constant = (descriptions.vectors[: descriptions.seen] == descriptions.vectors[0]).all(0)
    if not constant.any():
        return ""
    return (
        f"{constant.sum():,} of {len(constant):,} attributes are the same for all seen classes, so that nothing can "
        f"be learned from them: {errors.listed(_select(descriptions.feature_names, constant))}"
    )


def _warn_unknown(descriptions: ClassDescriptions, first: int) -> str:
    """Report the unseen classes most of whose words are unknown."""
    classes = [
        f"{name} ({share:.0%} known)"
        for index, (name, share) in enumerate(zip(descriptions.class_names, descriptions.known_words, strict=False))
        if index >= max(first, descriptions.seen) and share < _LEAST_KNOWN
    ]
    if not classes:
        return ""
    return f"most words of `{descriptions.kind}` occur in no text of the seen classes for {errors.listed(classes)}"


def _select(names: Iterable[str], is_selected: np.ndarray) -> list[str]:
    return [name for name, selected in zip(names, is_selected, strict=True) if selected]
