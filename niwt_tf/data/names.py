# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Joins classes by name, as sources spell them differently: grizzly+bear, Grizzly_bear, grizzly bear."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from niwt_tf import errors


def normal(name: str) -> str:
    """Returns `name` in lower case, its words joined by one `_` each, its accents composed, which macOS takes apart."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
    return re.sub(r"[\s_+\-./]+", "_", folded).strip("_")


def join(wanted: Iterable[str], available: Iterable[str], what: str, remedy: str) -> Mapping[str, str]:
    """Returns wanted name -> the available name that is the same but for case and what joins its words.

    Args:
      wanted: names that must be found.
      available: names that may be more.
      what: what the available names are, in words.
      remedy: what the user can do where they differ.

    Raises:
      errors.UserError: if a wanted name is not there, is there twice, or is wanted twice.
    """
    there, asked = _spellings(available), _spellings(wanted)
    missing = [names[0] for form, names in asked.items() if form not in there]
    if missing:
        spare = sorted(name for form, names in there.items() if form not in asked for name in names)
        raise errors.UserError(
            f"Classes must be found by name in {what}. Received: none for {errors.listed(missing)}. "
            f"Left over there: {errors.listed(spare) or 'none'}. {remedy}"
        )
    twice = [names for form in asked for names in (asked[form], there[form]) if len(names) > 1]
    if twice:
        raise errors.UserError(
            f"Classes must differ by more than their spelling in {what}. Received: {errors.listed(twice[0])}. Keep one."
        )
    return {names[0]: there[form][0] for form, names in asked.items()}


def _spellings(names: Iterable[str]) -> dict[str, list[str]]:
    """Returns normal form -> the names that have it."""
    spellings: dict[str, list[str]] = {}
    for name in names:
        spellings.setdefault(normal(name), []).append(name)
    return spellings
