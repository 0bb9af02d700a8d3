# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What the terminal shows: a line for each thing done, a bar with the time left for what lasts."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

import tqdm

from niwt_tf.util import paths

_T = TypeVar("_T")
_kept_output: TextIO | None = None


def say(text: str) -> None:
    """Prints one line, above any bar, and at once, whatever reads it."""
    output = _kept_output or sys.stdout
    tqdm.tqdm.write(paths.printable(text), file=output)
    output.flush()


@contextlib.contextmanager
def no_other_output() -> Iterator[None]:
    """Keeps what libraries print from standard output; `say` is still heard."""
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
    """Keeps native code, too, from standard error; what it wrote is shown if an exception passes."""
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
    """Returns `items` with a bar on the terminal; silent where standard error is no terminal.

    Args:
      items: what to go through; None for a bar that is moved by `update`.
      title: what is being done.
      total: how many items there are, where `len` does not say.
      unit: what one item is.
      initial: how many of `total` were done before.
      delay: for how many seconds there is no bar yet.
    """
    return tqdm.tqdm(
        items,
        desc=f"  {title}",
        total=total,
        unit=unit,
        initial=initial,
        delay=delay,
        disable=None,
        leave=False,
        dynamic_ncols=True,
    )


def bytes_bar(title: str, total: int | None, initial: int = 0) -> tqdm.tqdm[None]:
    """Returns a bar of bytes, moved by `update`; silent where standard error is no terminal.

    Args:
      title: what is being moved.
      total: how many bytes there are; None where that is not known.
      initial: how many of `total` were there before.
    """
    return tqdm.tqdm(
        desc=f"  {title}",
        total=total,
        initial=initial,
        unit="B",
        unit_scale=True,
        disable=None,
        leave=False,
        dynamic_ncols=True,
    )
