# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Print the requirements of pyproject.toml without upper bounds, one a line, for pip to resolve to the newest.

python tools/newest_requirements.py > newest.txt && pip install --upgrade --upgrade-strategy eager -r newest.txt
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from packaging import requirements, specifiers

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
_LOWER = (">=", ">", "!=")
_BOTH = ("==", "~=")  # give a lower and an upper bound


def newest(lines: Iterable[str]) -> list[str]:
    """Remove the upper bounds of requirements, such as `keras>=3.12,<3.16`."""
    return [_without_upper_bounds(requirements.Requirement(line)) for line in lines]


def has_upper_bound(line: str) -> bool:
    """Check whether a requirement excludes later versions."""
    return any(one.operator not in _LOWER for one in requirements.Requirement(line).specifier)


def _without_upper_bounds(requirement: requirements.Requirement) -> str:
    lower = [bound for one in requirement.specifier if (bound := _lower_bound(one))]
    requirement.specifier = specifiers.SpecifierSet(",".join(lower))
    return str(requirement)


def _lower_bound(one: specifiers.Specifier) -> str:
    if one.operator in _LOWER:
        return str(one)
    return f">={one.version.removesuffix('.*')}" if one.operator in _BOTH else ""


if __name__ == "__main__":
    with _PYPROJECT.open("rb") as file:
        print("\n".join(newest(tomllib.load(file)["project"]["dependencies"])))
