# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The words of a text in any script, and how many of them an encoder knows.

Combining marks belong to their letters. Where a script has no blanks between words, as Chinese, Japanese, Thai, Lao,
Khmer and Burmese, each letter counts as a word, and up to three of them in a row as a phrase.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import regex

from niwt_tf import errors

# What joins words rather than describes; left out, "the crown is red" and "a red crown" share their words.
JOINING = tuple(
    (
        "a an the this that these those it its he she his her is are was were be has have had with of and or but on in "
        "at to from by as for which whose while there here also both"
    ).split()
)
_LETTERS = 3  # most in a phrase where there are no blanks
_EXAMPLES = 3
_WORD = r"[\w\p{N}\p{M}\u200c\u200d]"  # joiners are letters to Persian and Hindi
# Line breaks of the class SA, of South East Asia, need a dictionary: there are no blanks.
_UNSPACED = rf"[[\p{{scx=Han}}\p{{scx=Hiragana}}\p{{scx=Katakana}}\p{{lb=SA}}]&&{_WORD}]"
_SPACED = rf"[{_WORD}--{_UNSPACED}]"
# Words have two letters or more, as in scikit-learn, but for Korean, of which a letter is a syllable.
_TOKEN = regex.compile(rf"(?P<run>{_UNSPACED}+)|(?P<word>{_SPACED}{{2,}}|\p{{Hangul}})", regex.VERSION1)


def words(text: str) -> list[str]:
    """Return the words of a text, as they are written there, with accents composed."""
    return [part for run, found in _tokens(text) for part in (letters(found) if run else (found,))]


def candidates(text: str) -> list[str]:
    """Return the words of a text as written, and where a script has no blanks between them all that may be one."""
    return [part for run, found in _tokens(text) for part in (parts(found) if run else (found,))]


def phrases(text: str, most: int) -> list[str]:
    """Return all phrases of a text in small letters, each as often as it is there.

    Args:
      text: in any script.
      most: words in a phrase; words that join others are left out of it.
    """
    tokens = list(_tokens(text.lower()))
    spaced = [found for run, found in tokens if not run and found not in JOINING]
    runs = (found for run, found in tokens if run)
    return [*_rows(spaced, most, " "), *itertools.chain.from_iterable(map(parts, runs))]


def parts(run: str) -> Iterator[str]:
    """Yield up to three letters in a row of a word, or of what has no blanks."""
    return _rows(letters(run), _LETTERS, "")


def letters(run: str) -> list[str]:
    """Return letters with their marks."""
    return regex.findall(r"\X", run)


def _tokens(text: str) -> Iterator[tuple[bool, str]]:
    """Yield whether it has no blanks, and the word or the run of letters."""
    for match in _TOKEN.finditer(unicodedata.normalize("NFC", text)):
        yield match.lastgroup == "run", match[0]


def _rows(items: Sequence[str], most: int, joint: str) -> Iterator[str]:
    for size in range(1, most + 1):
        for first in range(len(items) - size + 1):
            yield joint.join(items[first : first + size])


def known_share(texts: Iterable[str], is_known: Callable[[str], bool]) -> float:
    """Return the share 0..1 of the words of `texts` that are known, but for those that join others; 1 without any."""
    told = [word for text in texts for word in words(text) if word.lower() not in JOINING]
    return sum(map(is_known, told)) / len(told) if told else 1.0


def unknown(texts: Iterable[str], is_known: Callable[[str], bool], whose: str = "") -> str:
    """Return how many words of `texts` are unknown, such as `3 of 1,200 words unknown (zorilla, okapi)`.

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
