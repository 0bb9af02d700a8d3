# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Why a class, in words (section 3.4 of the paper): the features that the inverse map tells of an image's importances.

A reason's number is its score in `inverse_map.InverseMap`: how far the importances tell the feature above its mean over
the seen classes, in the domain vector's unit. In a contrast it is the difference of two classes' scores on one image.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.method import inverse_map
from niwt_tf.numerics import choice

Reason = tuple[str, float]
COUNT = 5
_TOLD = 3  # in a sentence


def reasons(
    inverse: inverse_map.InverseMap, importances: np.ndarray, feature_names: Sequence[str], count: int = COUNT
) -> list[tuple[Reason, ...]]:
    """Returns for each image what speaks for a class, the strongest reason first.

    Args:
      inverse: the fitted map.
      importances: of each image for the class that is explained, `[N,K]`.
      feature_names: the `M` names, see `DomainKnowledge`.
      count: most reasons; fewer where fewer features lie above their mean.
    """
    return [best(scores, feature_names, count) for scores in inverse(importances)]


def contrasts(
    inverse: inverse_map.InverseMap,
    importances: np.ndarray,
    others: np.ndarray,
    feature_names: Sequence[str],
    count: int = COUNT,
) -> list[tuple[Reason, ...]]:
    """Returns for each image what speaks for one class more than for another, the strongest reason first.

    Args:
      inverse: the fitted map.
      importances: of each image for the one class, `[N,K]`.
      others: of the same image for the other class, `[N,K]`.
      feature_names: the `M` names.
      count: most reasons.
    """
    return [best(scores, feature_names, count) for scores in inverse(importances) - inverse(others)]


def best(scores: np.ndarray, feature_names: Sequence[str], count: int = COUNT) -> tuple[Reason, ...]:
    """Returns the features with the highest scores above 0, without phrases that a better one contains.

    Of scores that rounding alone tells apart the first comes first, and one that rounding may have brought above 0 is
    none.

    Args:
      scores: `[M]`.
      feature_names: `M` names.
      count: most features.
    """
    chosen: list[int] = []
    above = np.where(scores > 0, scores, 0.0)
    least = choice.ROUNDING * above.max(initial=0.0)
    for index in np.argsort(-choice.tied(above), kind="stable"):
        if len(chosen) == count or not above[index] > least:
            break
        if not any(_contains(feature_names[other], feature_names[index]) for other in chosen):
            chosen.append(int(index))
    return tuple((feature_names[index], float(scores[index])) for index in chosen)


def sentence(class_name: str, found: Sequence[Reason], rather_than: str = "") -> str:
    """Returns the strongest three reasons in plain English, such as "Zebra rather than horse because of stripes."

    Args:
      class_name: of the class that is explained.
      found: its reasons, see `reasons` and `contrasts`.
      rather_than: the name of the class that it is held against, if there is one.
    """
    claim = " rather than ".join(readable(name) for name in (class_name, rather_than) if name)
    claim = claim[:1].upper() + claim[1:]
    if not found:
        return f"{claim}, for no reason that words can tell."
    *others, last = [readable(feature) for feature, _ in found[:_TOLD]]
    return f"{claim} because of {' and '.join(filter(None, [', '.join(others), last]))}."


def readable(name: str) -> str:
    """Returns the name of a feature or class as one says it.

    `has_bill_shape::hooked` and `bill_shape=hooked` are "bill shape: hooked", `012.Grizzly_bear` is "Grizzly bear".
    """
    bare = re.sub(r"^(?:has_|\d+\.)", "", name)
    return re.sub(r"\s*(?:::|=)\s*", ": ", bare).replace("_", " ").replace("+", " ").strip()


def class_index(name: str, class_names: Sequence[str], flag: str = "--class") -> int:
    """Returns the index of the class of that name, in whatever case, its words joined by spaces, `_`, `-` or `+`.

    Raises:
      errors.UserError: if there is none; it tells the nearest.
    """
    forms = [names_lib.normal(one) for one in class_names]
    if names_lib.normal(name) not in forms:
        raise errors.unknown_value(flag, name, class_names, errors.listed(class_names))
    return forms.index(names_lib.normal(name))


def _contains(phrase: str, part: str) -> bool:
    return f" {part} " in f" {phrase} "
