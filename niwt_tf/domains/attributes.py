# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load attributes as vectors on their own scale, and fill in missing values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from niwt_tf import errors
from niwt_tf.data import missing_values, zero_shot
from niwt_tf.domains import domain_vectors


def load(
    attributes: zero_shot.Attributes, dataset: zero_shot.ZeroShotDataset, missing_value: str = "auto"
) -> domain_vectors.DomainVectors:
    """Load the attributes of the dataset's classes, binary or continuous, on their own scale.

    A missing value becomes the attribute's mean over the seen classes that have it, or over all classes if no
    seen class has it.

    Args:
      attributes: Attributes of the classes.
      dataset: Dataset of the classes.
      missing_value: Choice whether -1 means missing; see `missing_values.decide`.

    Raises:
      errors.UserError: If a class is missing, or no class has a value of an attribute.
    """
    by_class, decision = missing_values.decide(attributes, missing_value)
    rows = domain_vectors.select(by_class, dataset.class_names, "attributes", attributes.source)
    values, summary = fill_missing(
        np.stack(rows).astype(np.float32), len(dataset.seen), attributes.names, attributes.source
    )
    title = f"{len(attributes.names)} attributes: {attributes.source}"
    source = "; ".join(filter(None, [title, decision, summary]))
    return domain_vectors.DomainVectors(values, attributes.names, source)


def fill_missing(values: np.ndarray, seen_classes: int, names: Sequence[str], source: str) -> tuple[np.ndarray, str]:
    """Replace NaN in `[C,M]` values by means as in `load`, and report their number in a text, empty if there is no NaN.

    Raises:
      errors.UserError: If no class has a value of an attribute.
    """
    missing = np.isnan(values)
    if not missing.any():
        return values, ""
    means = _means(values, seen_classes, names, source)
    summary = f"{missing.sum():,} missing values filled with the mean over the classes that have them"
    return np.where(missing, means, values), summary


def _means(values: np.ndarray, seen_classes: int, names: Sequence[str], source: str) -> np.ndarray:
    """Compute each attribute's mean `[M]` over the seen classes that have it, or over all classes if none does."""
    empty = [name for name, is_empty in zip(names, np.isnan(values).all(0), strict=True) if is_empty]
    if empty:
        raise errors.UserError(
            f"Each of the `attributes` must have a value for at least one class. Received: {source}, where no class "
            f"has a value of {errors.listed(empty)}. Remove these attributes."
        )
    seen = values[:seen_classes]
    return np.where(np.isnan(seen).all(0), _mean(values), _mean(seen))


def _mean(values: np.ndarray) -> np.ndarray:
    """Compute each attribute's mean `[M]` float32 over the values that are not NaN; 0 if all are."""
    present = ~np.isnan(values)
    total = np.where(present, values, 0).sum(0, dtype=np.float64)
    return (total / np.maximum(present.sum(0), 1)).astype(np.float32)
