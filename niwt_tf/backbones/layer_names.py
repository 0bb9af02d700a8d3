# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Names that Keras generates for layers, from their class and a count."""

from __future__ import annotations

import re
from typing import Any

import keras


def class_base(layer: Any) -> str:
    """Compute the name that Keras gives to the first layer of a class: conv2d for Conv2D, re_lu for ReLU."""
    words = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", type(layer).__name__)
    return re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()


def renumber(network: keras.Model) -> None:
    """Number the generated names from this network's first layer on; Keras counts over all networks of a process."""
    counts: dict[str, int] = {}
    for operation in network.operations:
        stem = class_base(operation)
        if re.fullmatch(rf"{stem}(_\d+)?", operation.name):
            operation.name = numbered(stem, counts.setdefault(stem, 0))
            counts[stem] += 1


def numbered(name: str, number: int) -> str:
    """Add a number to a name as Keras does: `name` for 0, name_1 for 1."""
    return f"{name}_{number}" if number else name
