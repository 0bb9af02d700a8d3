# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Mistakes that a user can mend: each says the rule, what was received, and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """A mistake of the user's, told in one message; the programs print it without a traceback."""


class DivergedError(UserError):
    """A loss stopped being a finite number."""


def unknown_value(name: str, value: str, valid: Iterable[str], words: str = "") -> UserError:
    """Returns the error for a value that is not among the valid ones, with the nearest of them.

    Args:
      name: what the value was given for, such as `--layer`.
      value: what was received.
      valid: all that it could have been.
      words: says that in words; a list of `valid` by default.
    """
    options = list(valid)
    nearest = difflib.get_close_matches(value, options, n=1, cutoff=0.4)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return UserError(f"`{name}` must be one of {words or ', '.join(options)}. Received: {name}={value}.{hint}")


def listed(names: Iterable[str], most: int = 10) -> str:
    """Returns names with commas between them: the first `most`, and how many more there are."""
    all_names = list(names)
    more = f" and {len(all_names) - most:,} more" if len(all_names) > most else ""
    return ", ".join(all_names[:most]) + more


def first_line(error: Exception) -> str:
    """Returns the first line of what a library says of an error, without a full stop."""
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
