# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Print lines to the terminal, and show bars with the time left for long work."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

import tqdm

from niwt_tf.util import clean

DELAY = 2.0  # seconds that work takes before its bar appears, where it is mostly shorter
_T = TypeVar("_T")
_kept_output: TextIO | None = None


def print_line(text: str) -> None:
    """Print a text above any bar, cleaned of what a terminal would obey, and flush it, even if it is no terminal."""
    output = _kept_output or sys.stdout
    tqdm.tqdm.write(clean.lines(text), file=output)
    output.flush()


@contextlib.contextmanager
def no_other_output() -> Iterator[None]:
    """Hide what libraries print to standard output; lines of `print_line` still appear."""
    global _kept_output
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        _kept_output = sys.stdout
        try:
            with contextlib.redirect_stdout(nowhere):
                yield
        finally:
            _kept_output = None


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Hide standard error, even of native code; print it after all if an exception is raised."""
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(saved, kept.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def bar(
    items: Iterable[_T] | None,
    title: str,
    total: int | None = None,
    unit: str = "step",
    initial: int = 0,
    delay: float = 0,
) -> tqdm.tqdm[_T]:
    """Show a bar on the terminal while `items` are iterated over; silent if standard error is no terminal.

    Args:
      items: Items to iterate over; None for a bar that `update` moves.
      title: Title of the bar.
      total: Number of items, if `len` does not give it.
      unit: Name of one item.
      initial: Number of items already done.
      delay: Seconds before the bar appears.
    """
    return tqdm.tqdm(
        items,
        desc=f"  {clean.name(title)}",
        total=total,
        unit=unit,
        initial=initial,
        delay=delay,
        disable=None,
        leave=False,
        dynamic_ncols=True,
    )


def bytes_bar(title: str, total: int | None, initial: int = 0) -> tqdm.tqdm[None]:
    """Show a bar of bytes that `update` moves; silent if standard error is no terminal.

    Args:
      title: Title of the bar.
      total: Number of bytes; None if unknown.
      initial: Number of bytes already present.
    """
    return tqdm.tqdm(
        desc=f"  {clean.name(title)}",
        total=total,
        initial=initial,
        unit="B",
        unit_scale=True,
        disable=None,
        leave=False,
        dynamic_ncols=True,
    )
