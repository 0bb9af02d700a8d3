# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Split a text in any script into words, and count how many of them an encoder knows.

Combining marks belong to their letters. Some scripts have no blanks between words: Chinese, Japanese, Thai, Lao, Khmer
and Burmese. There each letter counts as a word, and up to three letters in a row as a phrase.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import regex

from niwt_tf import errors

# Words that do not describe. Without them "the crown is red" and "a red crown" have the same words.
STOP_WORDS = tuple(
    (
        "a an the this that these those it its he she his her is are was were be has have had with of and or but on in "
        "at to from by as for which whose while there here also both"
    ).split()
)
_LETTERS = 3  # most letters in a phrase of a script without blanks
_EXAMPLES = 3
_WORD = r"[\w\p{N}\p{M}\u200c\u200d]"  # in Persian and Hindi joiners belong to words
# Line-break class SA, scripts of South East Asia: lines break only by a dictionary, because there are no blanks.
_UNSPACED = rf"[[\p{{scx=Han}}\p{{scx=Hiragana}}\p{{scx=Katakana}}\p{{lb=SA}}]&&{_WORD}]"
_SPACED = rf"[{_WORD}--{_UNSPACED}]"
# Words have two letters or more, as in scikit-learn; in Korean one is enough, because a letter is a syllable.
_TOKEN = regex.compile(rf"(?P<run>{_UNSPACED}+)|(?P<word>{_SPACED}{{2,}}|\p{{Hangul}})", regex.VERSION1)


def words(text: str) -> list[str]:
    """Split a text into its words, as they are written there, with accents composed."""
    return [part for is_run, token in _tokens(text) for part in (letters(token) if is_run else (token,))]


def candidates(text: str) -> list[str]:
    """Split a text into its words as written.

    If a script has no blanks between words, every run of up to three letters counts, because it may be a word.
    """
    return [part for is_run, token in _tokens(text) for part in (parts(token) if is_run else (token,))]


def phrases(text: str, most: int) -> list[str]:
    """Extract all phrases of a text in lower case, each as often as it occurs.

    Args:
      text: Text in any script.
      most: Largest number of words in a phrase; the words in `STOP_WORDS` are dropped first.
    """
    tokens = list(_tokens(text.lower()))
    spaced = [token for is_run, token in tokens if not is_run and token not in STOP_WORDS]
    runs = (token for is_run, token in tokens if is_run)
    return [*_ngrams(spaced, most, " "), *itertools.chain.from_iterable(map(parts, runs))]


def parts(run: str) -> Iterator[str]:
    """Yield all runs of one to three letters in `run`, a text without blanks."""
    return _ngrams(letters(run), _LETTERS, "")


def letters(run: str) -> list[str]:
    """Split a text into letters with their combining marks."""
    return regex.findall(r"\X", run)


def _tokens(text: str) -> Iterator[tuple[bool, str]]:
    """Yield pairs: whether the script has no blanks, and the word, or the run of letters in such a script."""
    for match in _TOKEN.finditer(unicodedata.normalize("NFC", text)):
        yield match.lastgroup == "run", match[0]


def _ngrams(items: Sequence[str], most: int, joint: str) -> Iterator[str]:
    for size in range(1, most + 1):
        for first in range(len(items) - size + 1):
            yield joint.join(items[first : first + size])


def content_words(texts: Iterable[str]) -> Iterator[str]:
    """Yield the words of texts as they are written, without those in `STOP_WORDS`."""
    return (word for text in texts for word in words(text) if word.lower() not in STOP_WORDS)


def known_share(texts: Iterable[str], is_known: Callable[[str], bool]) -> float:
    """Compute the share of the words in `texts` that are known, in 0..1, without stop words; 1 for no words."""
    known = [is_known(word) for word in content_words(texts)]
    return sum(known) / len(known) if known else 1.0


def unknown(texts: Iterable[str], is_known: Callable[[str], bool], qualifier: str = "") -> str:
    """Count the unknown words of `texts`, as a text such as `3 of 1,200 words unknown (zorilla, okapi)`.

    Args:
      texts: Texts whose words are counted, except those in `STOP_WORDS`.
      is_known: Function that checks a word as it is written.
      qualifier: Text after the counts, for example `of unseen classes`.
    """
    counts = Counter(content_words(texts))
    unknown_counts = Counter({word: count for word, count in counts.items() if not is_known(word)})
    examples = errors.listed((word for word, _ in unknown_counts.most_common()), _EXAMPLES)
    ratio = f"{unknown_counts.total():,} of {counts.total():,} words"
    return " ".join(filter(None, [ratio, qualifier, "unknown", f"({examples})" if unknown_counts else ""]))
