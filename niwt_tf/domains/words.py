# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The words of a text, and how many of them an encoder knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from niwt_tf import errors

# What joins words rather than describes; left out, "the crown is red" and "a red crown" share their words.
JOINING = tuple(
    (
        "a an the this that these those it its he she his her is are was were be has have had with of and or but on in "
        "at to from by as for which whose while there here also both"
    ).split()
)
PATTERN = r"(?u)\b\w\w+\b"  # of two letters or more, as in scikit-learn
_EXAMPLES = 3


def words(text: str) -> list[str]:
    """Returns the words of a text, as they are written there."""
    return re.findall(PATTERN, text)


def unknown(texts: Iterable[str], is_known: Callable[[str], bool], whose: str = "") -> str:
    """Returns how many words of `texts` are unknown, such as `3 of 1,200 words unknown (zorilla, okapi)`.

    Args:
      texts: all their words count, but for those that join others.
      is_known: of a word as it is written.
      whose: the words are, such as `of unseen classes`.
    """
    counts = Counter(word for text in texts for word in words(text) if word.lower() not in JOINING)
    strange = Counter({word: count for word, count in counts.items() if not is_known(word)})
    examples = errors.listed((word for word, _ in strange.most_common()), _EXAMPLES)
    found = f"{strange.total():,} of {counts.total():,} words"
    return " ".join(filter(None, [found, whose, "unknown", f"({examples})" if strange else ""]))
