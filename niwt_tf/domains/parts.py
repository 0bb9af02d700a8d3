# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Group the sentences on classes by the parts that they speak of, such as the head, the wings or the legs.

Where most lines are written `part: description`, the parts are those that are named. Elsewhere a part is a word that
occurs in a sentence of most seen classes, but in few sentences of each, as "tail" does and "black" does not. Words are
chosen one after the other, each for the sentences that have none of those before it. No list of parts is built in.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import regex

from niwt_tf import errors
from niwt_tf.domains import words

_NAMED = regex.compile(r"\s*(\p{L}[^:]{0,39}?)\s*:(?:\s+(.*)|\s*)$", regex.DOTALL)
_MOST_WORDS = 3  # in the name of a part
_SENTENCE_END = regex.compile(r"(?<=[.!?。！？])[\"'”’)\]]*(?:\s+(?=\P{Ll})|(?<=[。！？]))")
_MOST_PARTS = 12
_MOST_SENTENCES = 50  # of a class, from which parts are found
_SHARE = 0.5  # of the seen classes that must speak of a part, but two at least; and of a class's sentences that may
_ONCE = 0.4  # least share of classes that a word adds, for each sentence of a class in which it is
# Unless parts are asked for: share of sentences that must have one, least seen classes, and least parts.
_COVERED, _CLASSES, _PARTS = 0.75, 6, 3
_NEGATION = frozenset(("no", "not", "without", "lack", "lacking", "never"))
_CLAUSE_END = regex.compile(r"[,;.!?]|\bbut\b")

Grouped = dict[str, list[str]]


def sentences(texts: Sequence[str]) -> list[str]:
    """Cut texts into sentences; a text without an end of a sentence is one."""
    return [one for text in texts for one in _SENTENCE_END.split(text) if one and one.strip()]


def find(by_class: Sequence[Sequence[str]], must_cover: bool = True) -> tuple[str, ...]:
    """Find the parts of which the texts of seen classes speak, at least two; none if there are fewer.

    Args:
      by_class: Texts of each seen class.
      must_cover: True to find words only where most sentences have one, and neither they nor the classes are few.
    """
    named = _named(by_class)
    if named:
        return named if len(named) > 1 else ()
    some = [_some(sentences(texts)) for texts in by_class]
    found = _words(some)
    is_clear = len(by_class) >= _CLASSES and len(found) >= _PARTS and _covered(some, found) >= _COVERED
    if must_cover and not is_clear:
        return ()
    return found if len(found) > 1 else ()


def group(texts: Sequence[str], parts: Sequence[str]) -> Grouped:
    """Group the texts of a class by part: what follows a part's name and a colon, or sentences with its words.

    A sentence that has the words of several parts belongs to the one that it has first.

    Args:
      texts: Texts of the class.
      parts: Parts, as `find` returns them.

    Returns:
      Part -> its texts, in their order, without the name; parts of which no text speaks are left out.
    """
    grouped: Grouped = {}
    for text in texts:
        named = _split(text)
        if named and named[0] in parts:
            grouped.setdefault(named[0], []).append(named[1])
            continue
        for sentence in sentences([text]):
            part = _first_part(_forms(sentence), parts)
            if part:
                grouped.setdefault(part, []).append(sentence)
    return {part: grouped[part] for part in parts if part in grouped}


def require_described_once(texts: Sequence[str], parts: Sequence[str], name: str, kind: str) -> None:
    """Check that a class's text names each part once, and describes those that it names.

    Args:
      texts: Texts of the class.
      parts: Parts, as `find` returns them.
      name: Name of the class.
      kind: Kind of the texts for messages, such as `captions`.

    Raises:
      errors.UserError: If it does not.
    """
    named = [one for one in map(_split, texts) if one and one[0] in parts]
    twice = [part for part, count in Counter(part for part, _ in named).items() if count > 1]
    if twice:
        raise errors.UserError(
            f"`{errors.setting(kind)}` must name each part once, as in `part: description`. Received: "
            f"{errors.listed(twice)} twice or more for {name!r}. Write what is known of a part on one line."
        )
    empty = [part for part, text in named if not words.words(text)]
    if empty:
        raise errors.UserError(
            f"`{errors.setting(kind)}` must describe each part that it names. Received: nothing behind "
            f"{errors.listed(f'{part}:' for part in empty)} of {name!r}. Describe it, or leave the part out."
        )


def require_consistent(texts: Sequence[str], parts: Sequence[str], name: str, kind: str) -> None:
    """Check that a description does not say and deny the same of a part; arguments as of `require_described_once`.

    Raises:
      errors.UserError: If it does.
    """
    for part, own in group(texts, parts).items():
        both = _contradictions(own, part)
        if both:
            raise errors.UserError(
                f"`{errors.setting(kind)}` must not contradict itself. Received: {errors.listed(both)} both said and "
                f"denied of {part} for {name!r}. Keep one of them."
            )


def _some(texts: Sequence[str]) -> Sequence[str]:
    """Take some of many sentences of a class, evenly spaced, so that the time it takes is bounded."""
    return texts[:: -(-len(texts) // _MOST_SENTENCES)] if texts else texts


def _named(by_class: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Collect the parts that most lines name, in the order of their first line; none if most lines name none."""
    lines = [list(map(_split, texts)) for texts in by_class]
    every = list(itertools.chain.from_iterable(lines))
    if 2 * sum(one is not None for one in every) <= len(every):
        return ()
    counts = Counter(part for own in lines for part in dict.fromkeys(one[0] for one in own if one))
    return tuple(part for part, count in counts.items() if count >= _least(by_class))


def _split(text: str) -> tuple[str, str] | None:
    """Split `part: description` into the part's normal form and the description; None for another text."""
    match = _NAMED.match(text)
    if not match or len(match[1].split()) > _MOST_WORDS:
        return None
    part = " ".join(_forms(match[1]))
    return (part, match[2] or "") if part else None


def _forms(text: str) -> list[str]:
    """List the words of a text in lower case, without stop words and the s of a plural."""
    lower = (word.lower() for word in words.words(text))
    return [_singular(word) for word in lower if word not in words.STOP_WORDS]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _first_part(forms: Sequence[str], parts: Sequence[str]) -> str:
    """Find the part whose words, all of them, come first in a sentence; an empty text if there is none."""
    places = {part: [forms.index(word) for word in part.split() if word in forms] for part in parts}
    complete = {part: min(found) for part, found in places.items() if len(found) == len(part.split())}
    return min(complete, key=lambda part: (complete[part], parts.index(part))) if complete else ""


def _words(by_class: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Choose the words that are parts from sentences by class, the clearest first; see the module's docstring."""
    free = [[set(_forms(one)) for one in texts] for texts in by_class]
    every = [list(own) for own in free]
    candidates = _frequent(every)
    found: list[str] = []
    while len(found) < _MOST_PARTS:
        scores = {word: _clarity(word, free, every) for word in candidates if word not in found}
        best = max(scores, key=lambda word: (scores[word], word), default="")
        if not best or scores[best] < _ONCE:
            break
        found.append(best)
        free = [[forms for forms in own if best not in forms] for own in free]
    return tuple(found)


def _frequent(by_class: Sequence[Sequence[set[str]]]) -> list[str]:
    """List the words that most classes have, each in no more than a share of its sentences on average."""
    shares: dict[str, list[float]] = {}
    for own in by_class:
        for word, count in Counter(itertools.chain.from_iterable(own)).items():
            shares.setdefault(word, []).append(count / len(own))
    return sorted(
        word for word, own in shares.items() if len(own) >= _least(by_class) and sum(own) / len(own) <= _SHARE
    )


def _clarity(word: str, free: Sequence[Sequence[set[str]]], every: Sequence[Sequence[set[str]]]) -> float:
    """Divide the share of classes in which a word has a free sentence by its mean number of sentences; 0 for few."""
    gained = sum(any(word in forms for forms in own) for own in free)
    counts = [sum(word in forms for forms in own) for own in every]
    return gained / len(free) * sum(map(bool, counts)) / sum(counts) if gained >= _least(free) else 0.0


def _least(by_class: Sequence[object]) -> float:
    return max(2.0, _SHARE * len(by_class))


def _covered(by_class: Sequence[Sequence[str]], parts: Sequence[str]) -> float:
    """Compute the share of sentences that speak of a part."""
    grouped = [group(texts, parts) for texts in by_class]
    count = sum(len(own) for groups in grouped for own in groups.values())
    return count / max(sum(map(len, by_class)), 1)


def _contradictions(texts: Sequence[str], part: str) -> list[str]:
    """List the words of which one clause on a part says that they hold, and another, as "not red", that they do not."""
    said: dict[str, set[bool]] = {}
    for clause in _CLAUSE_END.split(" , ".join(texts).lower()):
        forms = [form for form in _forms(clause) if form not in part.split()]
        is_denied = any(form in _NEGATION for form in forms)
        if len(forms) == 2 or len(forms) == 1 and not is_denied:  # "red", "bright red", "not red"
            said.setdefault(forms[-1], set()).add(is_denied)
    return [word for word, senses in said.items() if len(senses) > 1]
