# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What the terminal shows: a line for each thing done, a bar with the time left for what lasts."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TypeVar

import tqdm

_T = TypeVar("_T")


def say(text: str) -> None:
    """Prints one line, above any bar, and at once, whatever reads it."""
    tqdm.tqdm.write(text)
    sys.stdout.flush()


def bar(
    items: Iterable[_T] | None, title: str, total: int | None = None, unit: str = "step", initial: int = 0
) -> tqdm.tqdm[_T]:
    """Returns `items` with a bar on the terminal; silent where standard error is no terminal.

    Args:
      items: what to go through; None for a bar that is moved by `update`.
      title: what is being done.
      total: how many items there are, where `len` does not say.
      unit: what one item is.
      initial: how many of `total` were done before.
    """
    return tqdm.tqdm(
        items, desc=f"  {title}", total=total, unit=unit, initial=initial, disable=None, leave=False, dynamic_ncols=True
    )
