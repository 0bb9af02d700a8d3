# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Joins classes by name, as sources spell them differently: grizzly+bear, Grizzly_bear, grizzly bear.

Names are compared exactly first, and loosely only where that finds nothing: C and C++ are two classes.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping

from niwt_tf import errors

_NEAR = 0.7  # of difflib's ratio


def normal(name: str) -> str:
    """Return `name` in lower case, its words joined by one `_` each, its accents composed, which macOS takes apart.

    What stands at an end and joins nothing stays, if it is + or -.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
    bare = re.sub(r"^[\s_./]+|[\s_./]+$", "", folded)
    word = bare.strip("+-")
    if not word:
        return bare
    before, _, after = bare.partition(word)
    return before + re.sub(r"[\s_+\-./]+", "_", word) + after


def join(wanted: Iterable[str], available: Iterable[str], what: str, remedy: str) -> Mapping[str, str]:
    """Return wanted name -> the available name that is the same, or else so but for case and what joins its words.

    Args:
      wanted: names that must be found.
      available: names that may be more.
      what: what the available names are, in words.
      remedy: what the user can do where they differ.

    Raises:
      errors.UserError: if a wanted name is not there, is there twice, or is wanted twice.
    """
    wanted, available = list(wanted), list(available)
    exact = set(wanted) & set(available)
    for name in exact:
        _require_once([one for one in available if one == name], what)
        _require_once([one for one in wanted if one == name], what)
    there = _spellings(name for name in available if name not in exact)
    asked = _spellings(name for name in wanted if name not in exact)
    missing = [names[0] for form, names in asked.items() if form not in there]
    if missing:
        raise _not_found(missing, wanted, available, what, remedy)
    for form, names in asked.items():
        _require_once(names, what)
        _require_once(there[form], what)
    return {name: name if name in exact else there[normal(name)][0] for name in wanted}


def merged(sources: Iterable[Iterable[str]]) -> dict[str, str]:
    """Return each name -> the first spelling of its class; names of one source that differ at all are two classes.

    Args:
      sources: names, from each source that has some.
    """
    found: dict[str, str] = {}
    for source in sources:
        names = list(dict.fromkeys(source))
        taken = {found[name] for name in names if name in found}
        open_forms = _spellings(one for one in dict.fromkeys(found.values()) if one not in taken)
        for name in names:
            if name not in found:
                found[name] = open_forms.get(normal(name), [name])[0]
    return found


def nearest(names: Iterable[str], available: Iterable[str]) -> str:
    """Return a sentence on the available names that are nearly those; nothing where none is."""
    spelt = {normal(name): name for name in available}
    near = {name: difflib.get_close_matches(normal(name), spelt, 1, _NEAR) for name in names}
    hints = [f"{spelt[forms[0]]!r} for {name!r}" for name, forms in near.items() if forms]
    return f" Misspelt, perhaps: there is {errors.listed(hints)}." if hints else ""


def _not_found(missing: list[str], wanted: list[str], available: list[str], what: str, remedy: str) -> errors.UserError:
    told = nearest(missing, available)
    forms = set(map(normal, wanted))
    spare = sorted(name for name in available if normal(name) not in forms)
    left = f" Left over there: {errors.listed(spare)}." if spare else ""
    return errors.UserError(
        f"Classes must be found by name in {what}. Received: none for {errors.listed(missing)}.{told}{left} {remedy}"
    )


def _require_once(names: list[str], what: str) -> None:
    if len(names) > 1:
        raise errors.UserError(
            f"Classes must differ by more than their spelling in {what}. Received: {errors.listed(names)}. Keep one."
        )


def _spellings(names: Iterable[str]) -> dict[str, list[str]]:
    """Return normal form -> the names that have it."""
    spellings: dict[str, list[str]] = {}
    for name in names:
        spellings.setdefault(normal(name), []).append(name)
    return spellings
