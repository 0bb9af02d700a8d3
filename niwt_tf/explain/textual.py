# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Explains a class in words (section 3.4 of the paper): features that the inverse map predicts from importances.

A reason's number is its score in `inverse_map.InverseMap`: how far above its mean over the seen classes the feature is
predicted, in the domain vector's unit.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import numpy as np

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.method import inverse_map
from niwt_tf.numerics import choice
from niwt_tf.util import clean

Reason = tuple[str, float]
COUNT = 5
_MOST_IN_SENTENCE = 3  # reasons


def reasons(
    inverse: inverse_map.InverseMap, importances: np.ndarray, feature_names: Sequence[str], count: int = COUNT
) -> list[tuple[Reason, ...]]:
    """List the reasons for a class on each image, the strongest first.

    Args:
      inverse: The fitted map.
      importances: Importances of each image for the explained class, `[N,K]`.
      feature_names: Names of the `M` features, see `DomainKnowledge`.
      count: Largest number of reasons; there are fewer if fewer features lie above their mean.
    """
    return _named(inverse(importances), feature_names, count)


def best(scores: np.ndarray, feature_names: Sequence[str], count: int = COUNT) -> tuple[Reason, ...]:
    """Choose the features with the highest scores `[M]` above 0, see `best_indices`; return their names and scores."""
    return _named(scores[None], feature_names, count)[0]


def _named(scores: np.ndarray, feature_names: Sequence[str], count: int) -> list[tuple[Reason, ...]]:
    chosen = best_indices(scores, feature_names, count)
    return [
        tuple((feature_names[index], float(row[index])) for index in indices)
        for row, indices in zip(scores, chosen, strict=True)
    ]


def best_indices(scores: np.ndarray, feature_names: Sequence[str], count: int = COUNT) -> list[list[int]]:
    """Choose in each row the features with the highest scores above 0, without phrases that a better one contains.

    Scores that differ only by rounding keep their order. A score that rounding may have raised above 0 does not count.

    Args:
      scores: Scores of the features, `[N,M]`.
      feature_names: Names of the `M` features.
      count: Largest number of features of a row.
    """
    above = np.where(scores > 0, scores, 0.0)
    counts = above > choice.ROUNDING * above.max(1, keepdims=True, initial=0)
    order = np.argsort(-choice.tied(above), axis=1, kind="stable")
    if not _any_contains(tuple(feature_names)):
        order = order[:, :count]
    # Rounding may place one that does not count before one that does: both end the row.
    kept = np.logical_and.accumulate(np.take_along_axis(counts, order, 1), axis=1).sum(1)
    return [_without_parts(row[:size], feature_names, count) for row, size in zip(order, kept, strict=True)]


def _without_parts(indices: np.ndarray, feature_names: Sequence[str], count: int) -> list[int]:
    """Choose the first features whose names no earlier one contains."""
    chosen: list[int] = []
    for index in indices.tolist():
        if len(chosen) == count:
            break
        if not any(_contains(feature_names[other], feature_names[index]) for other in chosen):
            chosen.append(index)
    return chosen


@functools.lru_cache(maxsize=8)
def _any_contains(feature_names: tuple[str, ...]) -> bool:
    """Check whether the name of a feature contains that of another one."""
    known = set(feature_names)
    return len(known) < len(feature_names) or any(phrases(name) & known - {name} for name in feature_names)


def phrases(name: str) -> set[str]:
    """Split a name into all runs of its words: whether it contains another name is decided by words."""
    words = name.split(" ")
    ends = range(1, len(words) + 1)
    return {" ".join(words[start:end]) for end in ends for start in range(end)}


def sentence(class_name: str, strongest: Sequence[Reason], rather_than: str = "") -> str:
    """Phrase the strongest three reasons as a sentence, such as "Zebra rather than horse because of stripes."

    Args:
      class_name: Name of the explained class.
      strongest: Reasons for it, the strongest first.
      rather_than: Name of the class that it is contrasted with, if there is one.
    """
    claim = " rather than ".join(readable(name) for name in (class_name, rather_than) if name)
    claim = claim[:1].upper() + claim[1:]
    if not strongest:
        return f"{claim}, but no feature supports it."
    *others, last = [readable(feature) for feature, _ in strongest[:_MOST_IN_SENTENCE]]
    return f"{claim} because of {' and '.join(filter(None, [', '.join(others), last]))}."


def readable(name: str) -> str:
    """Convert the name of a feature or class to plain words.

    `has_bill_shape::hooked` and `bill_shape=hooked` are "bill shape: hooked", `012.Grizzly_bear` is "Grizzly bear". A
    "no " before a name stays, see `image_reasons`.
    """
    bare = re.sub(r"^(no )?(?:has_|\d+\.)", r"\1", name)
    return re.sub(r"\s*(?:::|=)\s*", ": ", bare).replace("_", " ").replace("+", " ").strip()


def readable_reasons(reasons: Sequence[Reason]) -> list[Reason]:
    """Convert reasons for a record: their features to plain words, their numbers to four decimals."""
    return [(readable(feature), round(score, 4)) for feature, score in reasons]


def title(name: str) -> str:
    """Convert the name of a class or feature to plain words that can be printed: clean, on one line, not too long."""
    return clean.name(readable(name))


def class_index(name: str, class_names: Sequence[str], argument: str = "class") -> int:
    """Find the index of a class by its name, in any case, its words joined by spaces, `_`, `-` or `+`.

    Raises:
      errors.UserError: If there is no such class; the message suggests the nearest name.
    """
    forms = [names_lib.normal(one) for one in class_names]
    if names_lib.normal(name) not in forms:
        raise errors.unknown_value(argument, name, class_names, errors.listed(class_names))
    return forms.index(names_lib.normal(name))


def _contains(phrase: str, part: str) -> bool:
    return f" {part} " in f" {phrase} "
