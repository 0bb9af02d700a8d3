# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Attributes as vectors: as they are, and what is missing filled in."""

from __future__ import annotations

import numpy as np

from niwt_tf import errors
from niwt_tf.data import zero_shot
from niwt_tf.domains import part


def load(known: zero_shot.Attributes, dataset: zero_shot.ZeroShotDataset) -> part.Part:
    """Returns the attributes of the dataset's classes, binary or continuous, on their own scale.

    A missing value, NaN, becomes the attribute's mean over the seen classes that have it, or over all classes where no
    seen one has it.

    Raises:
      errors.UserError: if a class is missing, or an attribute is missing of every class.
    """
    rows = part.of_classes(known.values, dataset.class_names, "attributes", known.source)
    values = np.stack(rows).astype(np.float32)
    missing = np.isnan(values)
    source = f"{len(known.names)} attributes: {known.source}"
    if not missing.any():
        return part.Part(values, known.names, source)
    means = _means(values, len(dataset.seen), known)
    told = f"; {missing.sum():,} missing values filled with the mean over the classes that have them"
    return part.Part(np.where(missing, means, values), known.names, source + told)


def _means(values: np.ndarray, seen_classes: int, known: zero_shot.Attributes) -> np.ndarray:
    """Returns each attribute's mean `[M]` over the seen classes that have it, or else over all."""
    nowhere = [name for name, gone in zip(known.names, np.isnan(values).all(0), strict=True) if gone]
    if nowhere:
        raise errors.UserError(
            f"`attributes` must be known of one class at least. Received: {known.source}, where no class has "
            f"{errors.listed(nowhere)}. Leave these attributes out."
        )
    seen = values[:seen_classes]
    return np.where(np.isnan(seen).all(0), _mean(values), _mean(seen))


def _mean(values: np.ndarray) -> np.ndarray:
    """Returns the mean `[M]` float32 of the values that are there; 0 where none is."""
    there = ~np.isnan(values)
    total = np.where(there, values, 0).sum(0, dtype=np.float64)
    return (total / np.maximum(there.sum(0), 1)).astype(np.float32)
