# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Match classes by name, because sources spell them differently: grizzly+bear, Grizzly_bear, grizzly bear.

Names are compared exactly first, and loosely only if there is no exact match: C and C++ are two classes.
"""

from __future__ import annotations

import collections
import difflib
import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping

from niwt_tf import errors

_NEAR = 0.7  # difflib's ratio of two similar names, at least


@functools.lru_cache(1 << 16)
def normal(name: str) -> str:
    """Normalize `name`: lower case, one `_` between words, composed accents, which macOS decomposes.

    A + or - at an end stays, because it joins no words there.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
    bare = re.sub(r"^[\s_./]+|[\s_./]+$", "", folded)
    word = bare.strip("+-")
    if not word:
        return bare
    before, _, after = bare.partition(word)
    return before + re.sub(r"[\s_+\-./]+", "_", word) + after


def join(required: Iterable[str], available: Iterable[str], source: str, remedy: str) -> Mapping[str, str]:
    """Match each required name with the available name that is equal, or else equal except for case and separators.

    Args:
      required: Names that must be available.
      available: Available names, possibly more than the required ones.
      source: Source of the available names, for the error message, for example `the split's classes`.
      remedy: Advice for the user if a name is not available, one sentence.

    Raises:
      errors.UserError: If a required name is not available, is available twice, or is required twice.
    """
    required, available = list(required), list(available)
    exact = set(required) & set(available)
    for names in (available, required):
        for name, count in collections.Counter(one for one in names if one in exact).items():
            _require_once([name] * count, source)
    available_forms = _spellings(name for name in available if name not in exact)
    required_forms = _spellings(name for name in required if name not in exact)
    missing = [names[0] for form, names in required_forms.items() if form not in available_forms]
    if missing:
        raise _not_found(missing, required, available, source, remedy)
    for form, names in required_forms.items():
        _require_once(names, source)
        _require_once(available_forms[form], source)
    return {name: name if name in exact else available_forms[normal(name)][0] for name in required}


def merge(sources: Iterable[Iterable[str]]) -> dict[str, str]:
    """Map each name to the first spelling of its class; names of one source that differ at all are different classes.

    Args:
      sources: Names of each source.
    """
    spelling_of: dict[str, str] = {}
    for source in sources:
        names = list(dict.fromkeys(source))
        taken = {spelling_of[name] for name in names if name in spelling_of}
        free_forms = _spellings(one for one in dict.fromkeys(spelling_of.values()) if one not in taken)
        for name in names:
            if name not in spelling_of:
                spelling_of[name] = free_forms.get(normal(name), [name])[0]
    return spelling_of


def nearest(names: Iterable[str], available: Iterable[str]) -> str:
    """Suggest, in a sentence, the available names that are similar to `names`; empty if there are none."""
    spelling_of = {normal(name): name for name in available}
    matches = {name: difflib.get_close_matches(normal(name), spelling_of, 1, _NEAR) for name in names}
    hints = [f"{spelling_of[forms[0]]!r} for {name!r}" for name, forms in matches.items() if forms]
    return f" Did you mean {errors.listed(hints)}?" if hints else ""


def _not_found(
    missing: list[str], required: list[str], available: list[str], source: str, remedy: str
) -> errors.UserError:
    forms = set(map(normal, required))
    unused = sorted(name for name in available if normal(name) not in forms)
    others = f" Unmatched names there: {errors.listed(unused)}." if unused else ""
    return errors.UserError(
        f"Every class must have its name in {source}. Received: no match for {errors.listed(missing)}."
        f"{nearest(missing, available)}{others} {remedy}"
    )


def _require_once(names: list[str], source: str) -> None:
    if len(names) > 1:
        raise errors.UserError(
            f"Names of classes must differ by more than case and separators in {source}. Received: "
            f"{errors.listed(names)}. Keep one of them."
        )


def _spellings(names: Iterable[str]) -> dict[str, list[str]]:
    """Group names by their normal form."""
    spellings: dict[str, list[str]] = {}
    for name in names:
        spellings.setdefault(normal(name), []).append(name)
    return spellings
