# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The parts and attributes of an aviary bird, and the values that each attribute may take."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

COLORS: Mapping[str, tuple[int, int, int]] = {
    "red": (205, 48, 44),
    "yellow": (240, 200, 50),
    "green": (66, 148, 70),
    "blue": (52, 98, 200),
    "black": (44, 42, 48),
    "white": (238, 236, 230),
}

ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "body_color": tuple(COLORS),
    "wing_color": tuple(COLORS),
    "crown_color": tuple(COLORS),
    "belly_pattern": ("plain", "spotted", "barred", "pale"),
    "bill_shape": ("cone", "needle", "hooked", "broad"),
    "tail_shape": ("short", "long", "forked", "fan"),
    "leg_length": ("short", "long"),
    "head_crest": ("smooth", "crested"),
    "wing_bars": ("absent", "present"),
}

FEATURE_NAMES: tuple[str, ...] = tuple(
    f"{attribute}={value}" for attribute, values in ATTRIBUTES.items() for value in values
)

# In painting order: the index in this tuple plus one is the part's value in a segmentation.
PARTS: tuple[str, ...] = ("tail", "legs", "body", "belly", "wing", "head", "crown", "bill", "eye")

PART_OF_ATTRIBUTE: Mapping[str, str] = {
    "body_color": "body",
    "wing_color": "wing",
    "crown_color": "crown",
    "belly_pattern": "belly",
    "bill_shape": "bill",
    "tail_shape": "tail",
    "leg_length": "legs",
    "head_crest": "crown",
    "wing_bars": "wing",
}

_PART_OF_FEATURE = {f"{a}={v}": PART_OF_ATTRIBUTE[a] for a, values in ATTRIBUTES.items() for v in values}

Traits = Mapping[str, str]


def encode_traits(traits: Traits) -> np.ndarray:
    """Encode the traits as zeros and ones `[M]` float32, in the order of `FEATURE_NAMES`.

    Args:
      traits: One value for each attribute of `ATTRIBUTES`.

    Raises:
      KeyError: If an attribute is missing from `traits`.
    """
    ones = {f"{attribute}={traits[attribute]}" for attribute in ATTRIBUTES}
    return np.array([name in ones for name in FEATURE_NAMES], np.float32)


def part_of(feature: str) -> str | None:
    """Look up the part that shows a member of `FEATURE_NAMES`, such as `crown_color=red`; None for any other text."""
    return _PART_OF_FEATURE.get(feature)
