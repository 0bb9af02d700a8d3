# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Choose test images of the seen classes: a fifth of each class, namely those whose names have the lowest hashes.

Equal images are on the same side. Images that an unseen class has too are for the test, like all of its images; images
that several seen classes share are for training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

_TEST_SHARE = 0.2

Units = list[tuple[str, ...]]


def choose(seen: Mapping[str, Sequence[str]], equal: Sequence[Sequence[str]]) -> set[str]:
    """Choose the names of the test images of seen classes; other classes matter only through equal images.

    Args:
      seen: Class -> names of its images.
      equal: Groups of names of images of any class that are equal.
    """
    class_of = {name: label for label, names in seen.items() for name in names}
    group_of = {name: tuple(group) for group in equal for name in group}
    test: set[str] = set()
    for label, names in seen.items():
        classes_of = {name: {class_of.get(one) for one in group_of.get(name, (name,))} for name in names}
        shared = {name for name in names if None in classes_of[name]}  # None: an image of an unseen class
        own = [name for name in names if classes_of[name] == {label}]
        count = max(1, round(len(names) * _TEST_SHARE)) - len(shared)
        test |= shared | _lowest(_units(own, group_of), count, not shared)
    return test


def _units(names: Sequence[str], group_of: Mapping[str, tuple[str, ...]]) -> Units:
    """Group equal images into units, in the order of each unit's lowest hash of a name."""
    ordered = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    return list(dict.fromkeys(group_of.get(name, (name,)) for name in ordered))


def _lowest(units: Units, count: int, at_least_one: bool) -> set[str]:
    """Choose the units, in order, that fit into `count` names; if none fits and one is needed, the smallest unit."""
    names: set[str] = set()
    for unit in units:
        if len(names) + len(unit) <= count:
            names |= set(unit)
    if not names and units and at_least_one:
        smallest = min(units, key=len)
        return set(smallest)
    return names
