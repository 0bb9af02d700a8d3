# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Matches classes by name, because sources spell them differently: grizzly+bear, Grizzly_bear, grizzly bear.

Names are compared exactly first, and loosely only if there is no exact match: C and C++ are two classes.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping

from niwt_tf import errors

_NEAR = 0.7  # difflib's ratio of two similar names, at least


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


def join(wanted: Iterable[str], available: Iterable[str], what: str, remedy: str) -> Mapping[str, str]:
    """Match each wanted name with the available name that is equal, or else equal except for case and separators.

    Args:
      wanted: Names that must be available.
      available: Available names, possibly more than the wanted ones.
      what: Source of the available names, for the error message, for example `the split's classes`.
      remedy: Advice for the user if a name is not available, one sentence.

    Raises:
      errors.UserError: If a wanted name is not available, is available twice, or is wanted twice.
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
    """Map each name to the first spelling of its class; names of one source that differ at all are different classes.

    Args:
      sources: Names of each source.
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
    """Suggest, in a sentence, the available names that are similar to `names`; empty if there are none."""
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
    """Group names by their normal form."""
    spellings: dict[str, list[str]] = {}
    for name in names:
        spellings.setdefault(normal(name), []).append(name)
    return spellings
