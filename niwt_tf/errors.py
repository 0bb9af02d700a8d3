# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Errors that a user can correct: each message states the rule, the received value, and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """A mistake of the user, explained in one message; the programs print it without a traceback."""


class DivergedError(UserError):
    """A loss or another computed number that is not finite."""


def unknown_value(name: str, value: str, valid: Iterable[str], words: str = "") -> UserError:
    """Build the error for a value that is not among the valid ones; it suggests the nearest valid one.

    Args:
      name: Name of the setting, such as `--layer`.
      value: Received value.
      valid: All valid values.
      words: Description of the valid values; a list of `valid` by default.
    """
    options = list(valid)
    nearest = difflib.get_close_matches(value, options, n=1, cutoff=0.4)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return UserError(f"`{name}` must be one of {words or ', '.join(options)}. Received: {name}={value}.{hint}")


def listed(names: Iterable[str], most: int = 10) -> str:
    """Join names with commas: the first `most`, then the number of the others."""
    all_names = list(names)
    more = f" and {len(all_names) - most:,} more" if len(all_names) > most else ""
    return ", ".join(all_names[:most]) + more


def first_line(error: Exception) -> str:
    """Extract the first line of a library's error message, without a full stop."""
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
