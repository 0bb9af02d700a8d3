# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""End a program after Ctrl-C with one line, whatever it is doing.

Within `raised`, the first Ctrl-C raises `KeyboardInterrupt`, so that files and processes are cleaned up; the second
ends the program at once. So does one while a module is imported, because an import may drop `KeyboardInterrupt`, or
turn it into another error.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

STATUS = 130  # what shells give a program that Ctrl-C ended
LINE = "Interrupted."

_IMPORTING = "<frozen importlib._bootstrap>"  # file of the function that imports

_output = 2  # file descriptor of standard error
_ends_at_once = True
_has_come = False


def begin() -> None:
    """Let Ctrl-C end the program at once from now on, unless it is ignored, as in the background."""
    global _output
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        with contextlib.suppress(OSError):  # standard error may be closed
            _output = os.dup(_output)  # which shows the line even while standard error is hidden
        signal.signal(signal.SIGINT, _handle)
        sys.unraisablehook = _report_unraisable


def end() -> NoReturn:
    """End the program at once, with one line."""
    with contextlib.suppress(OSError):
        os.write(_output, f"\n{LINE}\n".encode())
    os._exit(STATUS)


def has_come() -> bool:
    """Check whether Ctrl-C was raised, which then may be the cause of any other error."""
    return _has_come


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """Raise the first Ctrl-C within the block as `KeyboardInterrupt`."""
    with _ending_at_once(False):
        yield


@contextlib.contextmanager
def ending_at_once() -> Iterator[None]:
    """Let Ctrl-C within the block end the program at once."""
    with _ending_at_once(True):
        yield


@contextlib.contextmanager
def _ending_at_once(value: bool) -> Iterator[None]:
    global _ends_at_once
    before, _ends_at_once = _ends_at_once, value
    try:
        yield
    finally:
        _ends_at_once = before


def _handle(number: int, frame: FrameType | None) -> None:
    global _ends_at_once, _has_come
    if _ends_at_once or _is_importing(frame):
        end()
    _ends_at_once = _has_come = True
    raise KeyboardInterrupt


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTING:
            return True
        frame = frame.f_back
    return False


def _report_unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """End after Ctrl-C where Python would print and drop it, such as in the function of a weak reference."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        end()
    sys.__unraisablehook__(unraisable)
