# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests with generated runs and bundles that are damaged: each is told, or gives what the undamaged one gives."""

from __future__ import annotations

import resource
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from malformed import bundles, run_folders
from niwt_tf import errors

_SECONDS = 20
_MEMORY = 4 * 2**20  # KiB
_KINDS = pytest.mark.parametrize("kind", [bundles, run_folders], ids=["bundles", "run folders"])


@contextmanager
def _limited() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TimeoutError(f"no end after {_SECONDS} s of a processor")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _fault(name: str, action: Callable[[], object]) -> str:
    """Returns what is wrong with how a case ends; empty if nothing is."""
    try:
        with _limited():
            action()
    except errors.UserError as error:
        text = str(error)
        return "" if "Received" in text and len(text) < 2000 else f"{name}: {text}"
    except BaseException:
        return f"{name}: {traceback.format_exc(limit=-6)}"
    return ""


def _check(kind: ModuleType, seed: int, count: int, folder: Path) -> None:
    (folder / "cases").mkdir()
    faults = [_fault(name, action) for name, action in kind.cases(seed, count, folder / "cases")]
    assert [fault for fault in faults if fault] == []
    assert len(faults) == count and [path.name for path in folder.iterdir()] == ["cases"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < _MEMORY


@_KINDS
def test_damaged_models_are_told(kind: ModuleType, tmp_path: Path) -> None:
    _check(kind, 0, 50, tmp_path)


@pytest.mark.slow
@_KINDS
def test_a_thousand_damaged_models_are_told(kind: ModuleType, tmp_path: Path) -> None:
    _check(kind, 1, 500, tmp_path)
