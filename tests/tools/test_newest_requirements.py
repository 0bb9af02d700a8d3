# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of requirements without upper bounds, and that each upper bound has its reason and lets patch releases in."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import newest_requirements
import pytest
from packaging import requirements, version

_ROOT = Path(__file__).resolve().parents[2]
_LINE = re.compile(r'"([A-Za-z0-9][\w.\-]+(?:\[[\w,\-]+\])?[<>=!~][^"]*)"(?:,|\])?\s*(#.*)?')
_BOUNDED = [match.groups() for match in _LINE.finditer((_ROOT / "pyproject.toml").read_text("utf-8"))]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("keras>=3.12,<3.16", "keras>=3.12"),
        ("keras<=3.16", "keras"),
        ("tf-keras-vis==0.8.*", "tf-keras-vis>=0.8"),
        ("a~=1.4.2", "a>=1.4.2"),
        ("a==1.4", "a>=1.4"),
        ("a!=1.5,<2,>1", "a!=1.5,>1"),
        ("tensorflow[and-cuda]<2; python_version < '3.12'", 'tensorflow[and-cuda]; python_version < "3.12"'),
        ("numpy", "numpy"),
    ],
)
def test_upper_bounds_are_removed_and_nothing_else(line: str, expected: str) -> None:
    assert newest_requirements.newest([line]) == [expected]
    assert not newest_requirements.has_upper_bound(expected)


def test_the_tool_prints_every_requirement_of_the_package() -> None:
    answer = subprocess.run(
        [sys.executable, str(_ROOT / "tools" / "newest_requirements.py")], capture_output=True, text=True, check=True
    )
    lines = answer.stdout.splitlines()
    assert {"keras>=3.12", "numpy>=2.0", "tensorflow>=2.21", "tf-keras-vis>=0.8"} <= set(lines)
    assert not any(map(newest_requirements.has_upper_bound, lines))


def _bounded() -> list[tuple[str, str]]:
    return [(line, comment) for line, comment in _BOUNDED if newest_requirements.has_upper_bound(line)]


def test_each_upper_bound_has_its_reason_beside_it() -> None:
    assert len(_bounded()) > 10
    assert [line for line, comment in _bounded() if not comment] == []


@pytest.mark.parametrize("line", [line for line, _ in _bounded()])
def test_each_upper_bound_lets_patch_releases_in(line: str) -> None:
    specifier = requirements.Requirement(line).specifier
    lowest = max(version.Version(one.version.removesuffix(".*")) for one in specifier if one.operator in (">=", "=="))
    assert specifier.contains(f"{lowest.major}.{lowest.minor}.{lowest.micro + 5}")
