# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Start the programs, each by the function that its script calls: Ctrl-C is taken care of before all other imports."""

from __future__ import annotations

import importlib

from niwt_tf.cli import interrupts


def niwt() -> None:
    """Run `niwt`."""
    _run("niwt")


def niwt_compare() -> None:
    """Run `niwt_compare`."""
    _run("niwt_compare")


def niwt_explain() -> None:
    """Run `niwt_explain`."""
    _run("niwt_explain")


def niwt_export() -> None:
    """Run `niwt_export`."""
    _run("niwt_export")


def niwt_teach() -> None:
    """Run `niwt_teach`."""
    _run("niwt_teach")


def compare_worker() -> None:
    """Run the program that `niwt_compare` starts for each job."""
    _run("compare_worker")


def _run(program: str) -> None:
    interrupts.begin()
    importlib.import_module(f"niwt_tf.cli.{program}").run()
